// Tests os/signals.h: signals that are read instead of handled.
#include "os/signals.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>

namespace rivulet::os {
namespace {

// Puts the signal mask back as it was.
class MaskKeeper {
 public:
  MaskKeeper() { ::sigprocmask(SIG_SETMASK, nullptr, &mask_); }
  MaskKeeper(const MaskKeeper&) = delete;
  MaskKeeper& operator=(const MaskKeeper&) = delete;
  ~MaskKeeper() { ::sigprocmask(SIG_SETMASK, &mask_, nullptr); }

 private:
  sigset_t mask_{};
};

bool readable(int fd) {
  pollfd entry{fd, POLLIN, 0};
  return ::poll(&entry, 1, 0) == 1;
}

TEST_CASE("without a signal there is nothing to read") {
  const MaskKeeper keeper;
  const SignalQueue signals;
  CHECK((::fcntl(signals.fd(), F_GETFL) & O_NONBLOCK) != 0);
  CHECK((::fcntl(signals.fd(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK_FALSE(readable(signals.fd()));
  CHECK(signals.next() == std::nullopt);
}

TEST_CASE("SIGTERM and SIGINT end nothing: each is read once") {
  const MaskKeeper keeper;
  const SignalQueue signals;
  for (const int number : {SIGTERM, SIGINT}) {
    REQUIRE(::raise(number) == 0);
    CHECK(readable(signals.fd()));
    CHECK(signals.next() == Signal::kTerminate);
    CHECK(signals.next() == std::nullopt);
    CHECK_FALSE(readable(signals.fd()));
  }
}

TEST_CASE("SIGHUP is another thing, and several of them are one") {
  const MaskKeeper keeper;
  const SignalQueue signals;
  for (int n = 0; n < 3; ++n) REQUIRE(::raise(SIGHUP) == 0);
  REQUIRE(::raise(SIGTERM) == 0);
  CHECK(signals.next() == Signal::kReload);
  CHECK(signals.next() == Signal::kTerminate);
  CHECK(signals.next() == std::nullopt);
}

TEST_CASE("two different signals are two to read") {
  const MaskKeeper keeper;
  const SignalQueue signals;
  REQUIRE(::raise(SIGTERM) == 0);
  REQUIRE(::raise(SIGINT) == 0);
  CHECK(signals.next() == Signal::kTerminate);
  CHECK(signals.next() == Signal::kTerminate);
  CHECK(signals.next() == std::nullopt);
}

}  // namespace
}  // namespace rivulet::os

// Tests server/acceptor.h with real connections of which accept(2) says for a
// while that it cannot take them.
#include "server/acceptor.h"

#include <doctest/doctest.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <string_view>
#include <utility>

#include "../support/failing_accept.h"
#include "../support/failing_watch.h"
#include "../support/open_bench.h"

namespace rivulet::server {
namespace {

using test::FailingAccept;
using test::FailingWatch;
using test::OpenBench;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\n";

bool pausing(const OpenBench& bench) {
  return bench.context.deadlines.accept_pause.next().has_value();
}

void end_pause(OpenBench& bench) {
  const base::Time over = bench.context.reactor.now() + kAcceptPause;
  bench.context.deadlines.run_due(over);
  CHECK_FALSE(pausing(bench));
}

TEST_CASE("an error of one connection does not keep the next one waiting") {
  for (const int error : {ECONNABORTED, EPERM, EPROTO, EINTR, ENETDOWN,
                          EHOSTUNREACH, ETIMEDOUT, EOPNOTSUPP}) {
    CAPTURE(error);
    OpenBench bench;
    const os::UniqueFd client = bench.connect();
    const FailingAccept failure(error);
    CHECK(bench.probe(client).starts_with(kOk));
    CHECK(FailingAccept::failed() == 1);
    CHECK_FALSE(pausing(bench));
  }
}

TEST_CASE(
    "without room for a connection it is ended, and the next one served") {
  for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
    CAPTURE(error);
    OpenBench bench;
    const os::UniqueFd client = bench.connect();
    const FailingAccept failure(error);
    CHECK(bench.probe(client) == "");
    CHECK_FALSE(pausing(bench));
    CHECK(bench.probe(bench.connect()).starts_with(kOk));
    CHECK(FailingAccept::failed() == 1);
  }
}

TEST_CASE("without room even for that it waits, and is served after a pause") {
  for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
    CAPTURE(error);
    OpenBench bench;
    const os::UniqueFd client = bench.connect();
    const FailingAccept failure(error, 2);
    bench.work();
    CHECK(FailingAccept::failed() == 2);
    CHECK(pausing(bench));
    end_pause(bench);
    CHECK(bench.probe(client).starts_with(kOk));
  }
}

TEST_CASE("an error that stays does not make the loop spin") {
  for (const int error : {EPERM, ECONNABORTED, ENOBUFS, EINVAL}) {
    CAPTURE(error);
    OpenBench bench;
    const os::UniqueFd client = bench.connect();
    {
      const FailingAccept failure(error, FailingAccept::kAlways);
      for (int n = 0; n < 3; ++n) {
        bench.work();
        CHECK(pausing(bench));
        const size_t failed = FailingAccept::failed();
        bench.work();
        CHECK(FailingAccept::failed() == failed);
        end_pause(bench);
      }
    }
    CHECK(bench.probe(client).starts_with(kOk));
  }
}

TEST_CASE("what cannot be taken is counted by why, once before each pause") {
  for (const auto& [error, reason] :
       {std::pair{EPERM, ConnectionRefusal::kKernel},
        std::pair{ENOBUFS, ConnectionRefusal::kDescriptors}}) {
    CAPTURE(error);
    OpenBench bench;
    const os::UniqueFd client = bench.connect();
    const FailingAccept failure(error, FailingAccept::kAlways);
    bench.work();
    std::array<uint64_t, kConnectionRefusals> expected{};
    expected[static_cast<size_t>(reason)] = 1;
    CHECK(bench.context.metrics.connections_refused == expected);
  }
}

TEST_CASE(
    "who cannot be watched is ended and counted, and the next one served") {
  OpenBench bench;
  const os::UniqueFd client = bench.connect();
  {
    const FailingWatch failure;
    CHECK(bench.probe(client) == "");
  }
  std::array<uint64_t, kConnectionRefusals> expected{};
  expected[static_cast<size_t>(ConnectionRefusal::kMemory)] = 1;
  CHECK(bench.context.metrics.connections_refused == expected);
  CHECK(bench.probe(bench.connect()).starts_with(kOk));
}

TEST_CASE("those who are served notice nothing of a failing accept") {
  OpenBench bench;
  const os::UniqueFd served = bench.connect();
  CHECK(bench.probe(served).starts_with(kOk));
  const os::UniqueFd waiting = bench.connect();
  for (const int error : {EPERM, ENOBUFS}) {
    const FailingAccept failure(error, FailingAccept::kAlways);
    CHECK(bench.probe(served).starts_with(kOk));
  }
}

}  // namespace
}  // namespace rivulet::server

// Tests what os/reactor.h does around its sleep: flushing, its budget, the
// clock of the turn, and how long it sleeps.
#include <doctest/doctest.h>
#include <sys/eventfd.h>

#include <chrono>
#include <string>
#include <vector>

#include "../support/socket_pair.h"
#include "os/process.h"
#include "os/reactor.h"
#include "reactor_probe.h"

namespace rivulet::os {
namespace {

// Longer than any test may take: a turn that sleeps so long has failed.
constexpr base::Duration kLong{5'000};

// A reactor with `count` handlers that are never ready.
struct Crowd {
  explicit Crowd(size_t count) {
    raise_descriptor_limit();
    for (size_t i = 0; i < count; ++i) {
      UniqueFd fd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
      REQUIRE(fd.valid());
      probes.push_back(&watch(reactor, std::move(fd)));
    }
  }

  // Has each handler add its letter to `order` when it is flushed.
  void record_order() {
    for (size_t i = 0; i < probes.size(); ++i) {
      const char letter = static_cast<char>('a' + i);
      probes[i]->when_flushed = [this, letter] { order += letter; };
    }
  }

  [[nodiscard]] size_t flushed() const {
    size_t sum = 0;
    for (const Probe* probe : probes) {
      sum += static_cast<size_t>(probe->flushes);
    }
    return sum;
  }

  Reactor reactor;
  std::vector<Probe*> probes;
  std::string order;
};

// Whether a turn that might sleep for kLong came back before.
bool returns_at_once(Reactor& reactor) {
  const auto start = std::chrono::steady_clock::now();
  reactor.turn(reactor.now() + kLong);
  return std::chrono::steady_clock::now() - start < kLong / 2;
}

TEST_CASE("a handler is flushed once, however often it asks") {
  Crowd crowd(1);
  Probe& probe = *crowd.probes[0];
  crowd.reactor.flush_later(probe);
  crowd.reactor.flush_later(probe);
  crowd.reactor.flush_first(probe);
  crowd.reactor.flush_first(probe);
  crowd.reactor.flush_later(probe);
  CHECK(probe.flushes == 0);
  turn(crowd.reactor);
  CHECK(probe.flushes == 1);
  turn(crowd.reactor);
  CHECK(probe.flushes == 1);
}

TEST_CASE("what is asked first goes ahead of what waits") {
  Crowd crowd(4);
  crowd.record_order();
  crowd.reactor.flush_later(*crowd.probes[0]);
  crowd.reactor.flush_later(*crowd.probes[1]);
  crowd.reactor.flush_first(*crowd.probes[2]);
  crowd.reactor.flush_later(*crowd.probes[3]);
  turn(crowd.reactor);
  CHECK(crowd.order == "cabd");
}

TEST_CASE("one that waits already is moved ahead, and never back") {
  Crowd crowd(3);
  crowd.record_order();
  for (Probe* probe : crowd.probes) crowd.reactor.flush_later(*probe);
  crowd.reactor.flush_first(*crowd.probes[2]);
  crowd.reactor.flush_later(*crowd.probes[2]);
  crowd.reactor.flush_later(*crowd.probes[0]);
  turn(crowd.reactor);
  CHECK(crowd.order == "cab");
}

TEST_CASE("what is asked for while events are told is flushed the next turn") {
  Reactor reactor;
  test::SocketPair pair;
  Probe& probe = watch(reactor, std::move(pair.ours));
  probe.when_readable = [&] { reactor.flush_first(probe); };
  test::send_all(pair.peer.get(), "x");
  turn(reactor);
  CHECK(probe.flushes == 0);
  test::receive(probe.fd().get());
  turn(reactor);
  CHECK(probe.flushes == 1);
}

TEST_CASE(
    "a turn flushes no more than its share, in order, and then the rest") {
  constexpr size_t kCount = 2 * Reactor::kFlushesPerTurn + 1;
  Crowd crowd(kCount);
  for (Probe* probe : crowd.probes) crowd.reactor.flush_later(*probe);
  CHECK(returns_at_once(crowd.reactor));
  CHECK(crowd.flushed() == Reactor::kFlushesPerTurn);
  CHECK(crowd.probes[Reactor::kFlushesPerTurn - 1]->flushes == 1);
  CHECK(crowd.probes[Reactor::kFlushesPerTurn]->flushes == 0);
  CHECK(returns_at_once(crowd.reactor));
  CHECK(crowd.flushed() == 2 * Reactor::kFlushesPerTurn);
  turn(crowd.reactor);
  CHECK(crowd.flushed() == kCount);
}

TEST_CASE("sockets that are ready are looked at between two shares") {
  Crowd crowd(Reactor::kFlushesPerTurn + 1);
  test::SocketPair pair;
  Probe& prober = watch(crowd.reactor, std::move(pair.ours));
  for (Probe* probe : crowd.probes) crowd.reactor.flush_later(*probe);
  test::send_all(pair.peer.get(), "x");
  prober.when_readable = [&] { crowd.reactor.flush_first(prober); };
  turn(crowd.reactor);
  CHECK(prober.reads == 1);
  CHECK(crowd.probes.back()->flushes == 0);
  prober.when_flushed = [&] { CHECK(crowd.probes.back()->flushes == 0); };
  turn(crowd.reactor);
  CHECK(prober.flushes == 1);
  CHECK(crowd.probes.back()->flushes == 1);
}

TEST_CASE("a handler that asks for ever does not hold up the loop") {
  Crowd crowd(1);
  Probe& probe = *crowd.probes[0];
  probe.when_flushed = [&] { crowd.reactor.flush_later(probe); };
  crowd.reactor.flush_later(probe);
  CHECK(returns_at_once(crowd.reactor));
  CHECK(probe.flushes >= 1);
  CHECK(probe.flushes <= static_cast<int>(Reactor::kFlushesPerTurn));
}

TEST_CASE("a flush may retire the handler itself and others that wait") {
  Crowd crowd(3);
  crowd.record_order();
  crowd.probes[0]->when_flushed = [&] {
    crowd.order += 'a';
    crowd.reactor.retire(*crowd.probes[0]);
    crowd.reactor.retire(*crowd.probes[1]);
  };
  for (Probe* probe : crowd.probes) crowd.reactor.flush_later(*probe);
  const int before = Probe::living();
  turn(crowd.reactor);
  CHECK(crowd.order == "ac");
  CHECK(Probe::living() == before - 2);
}

TEST_CASE("a turn sleeps until it is to wake up, and no longer") {
  Crowd crowd(1);
  const base::Time start = crowd.reactor.now();
  const base::Time wake_at = start + base::Duration(3);
  crowd.reactor.turn(wake_at);
  CHECK(crowd.reactor.now() >= wake_at);
  CHECK(crowd.reactor.now() < start + kLong);
}

TEST_CASE("a time to wake up that has passed is no sleep") {
  Crowd crowd(1);
  crowd.reactor.turn(crowd.reactor.now() - kLong);
  crowd.reactor.turn(base::Time{});
  CHECK(crowd.probes[0]->reads == 0);
}

TEST_CASE("a socket that is ready ends a sleep without a time to wake up") {
  Reactor reactor;
  test::SocketPair pair;
  Probe& probe = watch(reactor, std::move(pair.ours));
  test::send_all(pair.peer.get(), "x");
  reactor.turn(std::nullopt);
  CHECK(probe.reads == 1);
}

TEST_CASE("more sockets than one batch are all told within a few turns") {
  raise_descriptor_limit();
  Reactor reactor;
  std::vector<test::SocketPair> pairs(1500);
  std::vector<Probe*> probes;
  for (test::SocketPair& pair : pairs) {
    probes.push_back(&watch(reactor, std::move(pair.ours)));
    probes.back()->when_readable = [probe = probes.back()] {
      test::receive(probe->fd().get());
    };
    test::send_all(pair.peer.get(), "x");
  }
  for (int n = 0; n < 4; ++n) turn(reactor);
  for (const Probe* probe : probes) CHECK(probe->reads == 1);
}

TEST_CASE("the wall clock is the system's, in seconds") {
  const auto before = std::chrono::floor<std::chrono::seconds>(
      std::chrono::system_clock::now());
  const base::WallSeconds now = Reactor::wall_now();
  CHECK(now >= before);
  CHECK(now <= std::chrono::system_clock::now());
}

}  // namespace
}  // namespace rivulet::os

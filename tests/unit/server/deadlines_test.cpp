// Tests server/deadlines.h with real connections: who is told, when, and how
// many at once.
#include "server/deadlines.h"

#include <doctest/doctest.h>
#include <sys/eventfd.h>

#include "../support/server_bench.h"
#include "os/process.h"

namespace rivulet::server {
namespace {

using test::Client;
using test::ServerBench;

constexpr std::string_view kProbe = "GET /livez HTTP/1.1\r\nHost: h\r\n\r\n";
// Deadlines that fall close together are served by one wake-up, this late.
constexpr base::Duration kMostSlack{100};
constexpr base::Duration kTick{1};

// Time for a head that is over before our patience with a closing peer is, so
// that a test can tell the two apart.
Settings short_header_timeout() {
  Settings settings = test::default_settings();
  settings.header_timeout = kLingerTimeout / 2;
  return settings;
}

// Whether the loop would look again when `due` is over, or soon after.
bool wakes_for(const Deadlines& deadlines, base::Time due) {
  const auto next = deadlines.next();
  return next && *next >= due && *next <= due + kMostSlack;
}

TEST_CASE("nothing waits while nobody is connected") {
  ServerBench bench;
  CHECK(bench.context.deadlines.next() == std::nullopt);
  bench.context.deadlines.run_due(base::Time::max());
}

TEST_CASE("a connection that asks nothing is closed without a word") {
  ServerBench bench;
  Client client(bench);
  Deadlines& deadlines = bench.context.deadlines;
  const base::Time due =
      bench.context.reactor.now() + bench.settings.header_timeout;
  CHECK(wakes_for(deadlines, due));
  deadlines.run_due(due - kTick);
  CHECK(client.hear().empty());
  CHECK_FALSE(client.ended);
  deadlines.run_due(due);
  CHECK(client.hear().empty());
  CHECK(client.ended);
  CHECK(bench.context.reactor.watched() == 0);
  CHECK(deadlines.next() == std::nullopt);
}

TEST_CASE("a request that does not end is told so and closed") {
  ServerBench bench(short_header_timeout());
  Client client(bench);
  CHECK(client.ask("GET / HT").empty());
  bench.context.deadlines.run_due(bench.context.reactor.now() +
                                  bench.settings.header_timeout);
  const std::string answer = client.hear();
  CHECK(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"));
  CHECK(answer.find("Connection: close\r\n") != std::string::npos);
  CHECK(client.ended);
}

TEST_CASE("a head that trickles in has no more time than one that does not") {
  ServerBench bench(short_header_timeout());
  Client client(bench);
  CHECK(client.ask("G").empty());
  const base::Time due =
      bench.context.reactor.now() + bench.settings.header_timeout;
  bench.run_for(base::Duration(3));
  CHECK(client.ask("ET / HTTP/1.1\r\n").empty());
  bench.context.deadlines.run_due(due);
  CHECK(client.hear().starts_with("HTTP/1.1 408 "));
}

TEST_CASE("an idle connection waits the longer time, anew after each request") {
  ServerBench bench;
  Client client(bench);
  Deadlines& deadlines = bench.context.deadlines;
  for (int round = 0; round < 2; ++round) {
    CHECK(client.ask(kProbe).starts_with("HTTP/1.1 200 OK\r\n"));
    const base::Time now = bench.context.reactor.now();
    deadlines.run_due(now + bench.settings.keepalive_timeout -
                      base::Duration(1'000));
    CHECK(client.hear().empty());
    CHECK_FALSE(client.ended);
  }
  deadlines.run_due(bench.context.reactor.now() +
                    bench.settings.keepalive_timeout);
  CHECK(client.hear().empty());
  CHECK(client.ended);
}

TEST_CASE("a blank line between two requests is no request of its own") {
  // Some clients send one after a body. An answer to it would be taken for
  // that of the next request.
  ServerBench bench(short_header_timeout());
  Client client(bench);
  CHECK(client.ask(std::string(kProbe) + "\r\n").starts_with("HTTP/1.1 200 "));
  bench.context.deadlines.run_due(bench.context.reactor.now() +
                                  bench.settings.header_timeout);
  CHECK(client.hear() == "");
}

TEST_CASE("a client that does not answer our FIN is not waited for") {
  ServerBench bench;
  Client client(bench);
  CHECK(client.ask("nonsense\r\n").starts_with("HTTP/1.1 400 "));
  CHECK(client.ended);
  CHECK(bench.context.reactor.watched() == 1);
  bench.context.deadlines.run_due(bench.context.reactor.now() + kLingerTimeout);
  bench.work();
  CHECK(bench.context.reactor.watched() == 0);
}

TEST_CASE("the loop wakes up for the deadline that comes first") {
  ServerBench bench;
  Client idle(bench);
  CHECK(idle.ask(kProbe).starts_with("HTTP/1.1 200 OK\r\n"));
  const base::Time now = bench.context.reactor.now();
  CHECK(wakes_for(bench.context.deadlines,
                  now + bench.settings.keepalive_timeout));
  Client fresh(bench);
  CHECK(wakes_for(bench.context.deadlines,
                  bench.context.reactor.now() + bench.settings.header_timeout));
}

TEST_CASE("a crowd whose time is over is told a share at a time") {
  constexpr size_t kCrowd = 1500;
  os::raise_descriptor_limit();
  ServerBench bench;
  for (size_t i = 0; i < kCrowd; ++i) {
    bench.admit(os::UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)));
  }
  Deadlines& deadlines = bench.context.deadlines;
  const base::Time due =
      bench.context.reactor.now() + bench.settings.header_timeout;
  deadlines.run_due(due);
  bench.work();
  const size_t left = bench.context.reactor.watched();
  CHECK(left > 0);
  CHECK(left < kCrowd);
  CHECK(wakes_for(deadlines, due));
  deadlines.run_due(due);
  bench.work();
  CHECK(bench.context.reactor.watched() == 0);
}

TEST_CASE("a silent stream gets a heartbeat, and not before its time") {
  Settings settings = test::default_settings();
  settings.heartbeat = base::Duration(80);
  ServerBench bench(settings);
  Client client(bench);
  const std::string opening =
      client.ask("GET /stream/ana HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(opening.ends_with("\n: rivulet\n\r\n"));
  const base::Time opened = bench.context.reactor.now();
  std::string heard;
  while (heard.empty() &&
         bench.context.reactor.now() < opened + base::Duration(5'000)) {
    bench.run_for(base::Duration(5));
    heard = test::receive(client.pair.peer.get());
  }
  CHECK(heard == "2\r\n:\n\r\n");
  CHECK(bench.context.reactor.now() - opened >= settings.heartbeat);
}

}  // namespace
}  // namespace rivulet::server

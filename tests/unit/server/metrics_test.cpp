// Tests server/metrics.h and GET /metrics where sockets hardly come: what is
// counted once, whatever becomes of a stream.
#include "server/metrics.h"

#include <doctest/doctest.h>

#include <numeric>
#include <string>

#include "../support/out_of_memory.h"
#include "../support/stream_client.h"
#include "router_support.h"
#include "server/drain.h"

namespace rivulet::server {
namespace {

using test::Client;
using test::ServerBench;
using test::settings_with_history;
using test::StreamClient;

uint64_t all_ended(const ServerBench& bench) {
  const auto& by_reason = bench.context.metrics.streams_ended;
  return std::accumulate(by_reason.begin(), by_reason.end(), uint64_t{0});
}

bool shows(ServerBench& bench, const std::string& sample) {
  const std::string body = test::response(bench, "/metrics").body;
  return body.find("\n" + sample + "\n") != std::string::npos;
}

TEST_CASE("a drain is counted, and those it sends away") {
  auto settings = test::default_settings();
  settings.drain_timeout = base::Duration(0);
  ServerBench bench(settings);
  StreamClient client(bench, "/stream/ana");
  client.take_all();
  Drain drain(bench.context);
  drain.start();
  drain.run_due();
  CHECK(bench.ended(EndReason::kDrain) == 1);
  (void)test::response(bench, "/stream/rui");
  CHECK(shows(bench, "rivulet_streams_refused_total{reason=\"draining\"} 1"));
  CHECK(shows(bench, "rivulet_streams_ended_total{reason=\"drain\"} 1"));
}

TEST_CASE("what was opened is open or has ended, also without memory") {
  test::at_each_allocation([](test::Fault& fault) {
    ServerBench bench(settings_with_history(10));
    test::SocketPair pair;
    bench.admit(std::move(pair.ours));
    test::send_all(pair.peer.get(),
                   "GET /stream/ana HTTP/1.1\r\nHost: h\r\n"
                   "Last-Event-ID: 0\r\n\r\n");
    fault.during([&] { bench.work(); });
    CHECK(bench.context.metrics.streams_opened ==
          bench.context.hub.subscriber_count() + all_ended(bench));
  });
}

TEST_CASE("publishes are counted by whom they are for, if anybody got them") {
  ServerBench bench(settings_with_history(10));
  StreamClient ana(bench, "/stream/ana?topic=a");
  ana.take_all();
  test::publish_to_all(bench, "x");
  test::publish_to_topics(bench, {"a", "b"}, "x");
  test::publish_to_client(bench, "ana", "x");
  test::publish_to_client(bench, "nobody", "x");
  const Metrics& metrics = bench.context.metrics;
  CHECK(metrics.published == std::array<uint64_t, kReaches>{1, 1, 1});
  CHECK(metrics.deliveries == 3);
  CHECK(metrics.events_sent == 0);
  ana.take_all();
  CHECK(metrics.events_sent == 3);
}

TEST_CASE("the time of a fan-out is taken for events to many alone") {
  ServerBench bench(settings_with_history(10));
  StreamClient ana(bench, "/stream/ana");
  ana.take_all();
  test::publish_to_client(bench, "ana", "x");
  CHECK(shows(bench, "rivulet_fan_out_seconds_count 0"));
  test::publish_to_all(bench, "x");
  test::publish_to_topics(bench, {"a"}, "x");
  CHECK(shows(bench, "rivulet_fan_out_seconds_count 2"));
}

TEST_CASE("a gap is told once to a stream that comes back, and counted") {
  ServerBench bench(settings_with_history(1));
  test::publish_to_all(bench, "a");
  test::publish_to_all(bench, "b");
  StreamClient gap(bench, "/stream/ana", "Last-Event-ID: 1-1\r\n");
  StreamClient all(bench, "/stream/ana", "Last-Event-ID: 0\r\n");
  gap.take_all();
  all.take_all();
  CHECK(bench.context.metrics.replays_with_gap == 1);
  CHECK(bench.context.metrics.replays_complete == 1);
  CHECK(bench.context.metrics.gaps_told == 1);
}

TEST_CASE("publishers that wait are shown while they do") {
  auto settings = settings_with_history(10);
  settings.deliveries_a_turn = 0;
  ServerBench bench(settings);
  Client first(bench);
  Client second(bench);
  const std::string publish =
      "GET /publish/status/x HTTP/1.1\r\nHost: h\r\n\r\n";
  test::send_all(first.pair.peer.get(), publish);
  test::send_all(second.pair.peer.get(), publish);
  bench.turn();
  CHECK(shows(bench, "rivulet_publishers_waiting 1"));
  bench.work();
  CHECK(shows(bench, "rivulet_publishers_waiting 0"));
}

TEST_CASE("answers are counted by the class of their status") {
  ServerBench bench;
  Client client(bench);
  for (const std::string target : {"/livez", "/nothing", "/stream/"}) {
    client.ask("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n");
  }
  CHECK(shows(bench, "rivulet_requests_total{class=\"2xx\"} 1"));
  CHECK(shows(bench, "rivulet_requests_total{class=\"4xx\"} 2"));
  client.ask("GET /stream/ana HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(shows(bench, "rivulet_requests_total{class=\"2xx\"} 2"));
}

}  // namespace
}  // namespace rivulet::server

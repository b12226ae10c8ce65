// Tests server/stats.h and watcher.h: figures for those who watch, and nothing
// at all for nobody.
#include "server/stats.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "../support/stream_client.h"

namespace rivulet::server {
namespace {

using test::GotEvent;
using test::Reader;
using test::ServerBench;
using test::StreamClient;

// Lets the figures of the next period come.
void next_period(ServerBench& bench) {
  REQUIRE(bench.context.stats.next().has_value());
  const base::Time due = *bench.context.stats.next();
  while (bench.context.reactor.now() < due) bench.context.reactor.turn(due);
  bench.context.stats.run_due();
}

bool says(const GotEvent& event, const std::string& pair) {
  const bool there = event.data.find(pair + ",") != std::string::npos ||
                     event.data.find(pair + "}") != std::string::npos;
  if (!there) MESSAGE(event.data);
  return there;
}

TEST_CASE("who watches is shown figures at once, and again each period") {
  ServerBench bench(test::settings_with_history(10));
  StreamClient watcher(bench, "/stats");
  watcher.take_all();
  REQUIRE(watcher.events().size() == 1);
  const GotEvent first = watcher.events()[0];
  CHECK(first.name == "stats");
  CHECK(first.id.empty());
  CHECK(says(first, R"("streams":0)"));
  CHECK(says(first, R"("published":0)"));
  CHECK(says(first, R"("newest":null)"));

  const Reader ana(bench, "ana");
  const Reader bob(bench, "bob");
  test::publish_to_all(bench, "one");
  test::publish_to_client(bench, "ana", "two");
  next_period(bench);
  watcher.take_all();
  REQUIRE(watcher.events().size() == 2);
  const GotEvent second = watcher.events()[1];
  CHECK(says(second, R"("streams":2)"));
  CHECK(says(second, R"("published":2)"));
  CHECK(says(second, R"("deliveries":3)"));
  CHECK(says(second, R"("newest":"abc-2")"));
}

TEST_CASE("the timer runs only while somebody watches") {
  ServerBench bench;
  CHECK(bench.context.stats.next() == std::nullopt);
  StreamClient watcher(bench, "/stats");
  StreamClient another(bench, "/stats");
  watcher.take_all();
  CHECK(bench.context.stats.watchers() == 2);
  CHECK(bench.context.stats.next().has_value());
  watcher.hang_up();
  bench.work();
  CHECK(bench.context.stats.watchers() == 1);
  CHECK(bench.context.stats.next().has_value());
  another.hang_up();
  bench.work();
  CHECK(bench.context.stats.watchers() == 0);
  CHECK(bench.context.stats.next() == std::nullopt);
}

TEST_CASE("who watches is no stream, and no event is theirs") {
  ServerBench bench(test::settings_with_history(10));
  StreamClient watcher(bench, "/stats?topic=a", "Last-Event-ID: 0\r\n");
  StreamClient ana(bench, "/stream/ana");
  CHECK(bench.context.hub.subscriber_count() == 1);
  CHECK(bench.context.metrics.streams_opened == 1);
  CHECK(test::publish_to_all(bench, "one").receivers == 1);
  next_period(bench);
  CHECK(test::publish_to_all(bench, "two").receivers == 1);
  CHECK(test::publish_to_topics(bench, {"a"}, "three").receivers == 0);
  watcher.take_all();
  for (const GotEvent& event : watcher.events()) CHECK(event.name == "stats");
  CHECK(ana.read_ids() == std::vector<std::string>{"abc-1", "abc-2"});
  CHECK(bench.context.hub.history().events() == 3);
}

TEST_CASE("one who does not read has one event waiting, and then goes") {
  Settings settings = test::default_settings();
  settings.write_timeout = base::Duration(20);
  ServerBench bench(settings);
  const StreamClient watcher(bench, "/stats", {}, 1);
  const sse::FrameRef large =
      sse::Frame::chunk(": " + std::string(100'000, 'x') + "\n");
  Stats& stats = bench.context.stats;
  bench.work();  // the head and the first figures leave
  for (int n = 0; n < 3; ++n) {
    stats.show(large);
    bench.work();
    CHECK(large->references == 2);  // ours, and the one that waits
  }
  for (int n = 0; stats.watchers() > 0; ++n) {
    REQUIRE(n < 1'000);
    bench.context.reactor.turn(bench.context.reactor.now() + base::Duration(5));
    stats.show(large);
  }
  CHECK(large->references == 1);
}

TEST_CASE("the most who may watch, and the next is told to come back") {
  ServerBench bench;
  std::vector<std::unique_ptr<StreamClient>> watchers;
  for (size_t n = 0; n < Stats::kMostWatchers; ++n) {
    watchers.push_back(std::make_unique<StreamClient>(bench, "/stats"));
  }
  CHECK(bench.context.stats.full());
  test::Client next(bench);
  const std::string answer = next.ask("GET /stats HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(answer.find("come back later") != std::string::npos);
  CHECK(bench.context.stats.watchers() == Stats::kMostWatchers);
  watchers.pop_back();
  bench.work();
  StreamClient welcome(bench, "/stats");
  welcome.take_all();
  CHECK(welcome.events().size() == 1);
}

TEST_CASE("at the end they are told when to come back, and end cleanly") {
  ServerBench bench;
  StreamClient watcher(bench, "/stats");
  watcher.take_all();
  bench.context.stats.end("retry: 4711\n");
  watcher.take_all();
  CHECK(watcher.content().ends_with("retry: 4711\n"));
  CHECK(watcher.finished());
  CHECK(watcher.ended());
  CHECK(bench.context.stats.watchers() == 1);  // until its own FIN
  watcher.hang_up();
  bench.work();
  CHECK(bench.context.stats.watchers() == 0);
}

TEST_CASE("a client of HTTP/1.0 sees the same without chunks") {
  ServerBench bench;
  test::Client client(bench);
  const std::string answer = client.ask("GET /stats HTTP/1.0\r\n\r\n");
  CHECK(answer.find("\nevent: stats\ndata: {\"") != std::string::npos);
  CHECK(answer.find("chunked") == std::string::npos);
  CHECK(answer.ends_with("}\n\n"));
}

TEST_CASE("pages of other origins are told nothing") {
  ServerBench bench;
  test::Client client(bench);
  const std::string answer = client.ask(
      "GET /stats HTTP/1.1\r\nHost: h\r\nOrigin: https://a.example\r\n\r\n");
  CHECK(answer.find("Access-Control") == std::string::npos);
  CHECK(answer.find("text/event-stream") != std::string::npos);
}

TEST_CASE("they end without a word too, and properly") {
  ServerBench bench;
  test::Client client(bench);
  client.ask("GET /stats HTTP/1.1\r\nHost: h\r\n\r\n");
  bench.context.stats.end({});
  CHECK(client.hear() == "0\r\n\r\n");
  CHECK(client.ended);
}

TEST_CASE("one that chatters is taken for a nuisance") {
  ServerBench bench;
  test::Client client(bench);
  client.ask("GET /stats HTTP/1.1\r\nHost: h\r\n\r\n");
  for (int n = 0; n < 3 && bench.context.stats.watchers() > 0; ++n) {
    client.ask(std::string(32'768, 'x'));
  }
  CHECK(bench.context.stats.watchers() == 0);
}

}  // namespace
}  // namespace rivulet::server

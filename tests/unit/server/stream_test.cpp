// Tests server/stream.h under pressure: readers that stop, limits on what
// waits for them, and who goes first when the memory is used up.
#include "server/stream.h"

#include <doctest/doctest.h>

#include <string>

#include "../support/server_bench.h"

namespace rivulet::server {
namespace {

using test::Client;
using test::Reader;
using test::ServerBench;

// Publishes to everyone, a turn for each event.
void publish(ServerBench& bench, const std::string& data, int times = 1) {
  for (int n = 0; n < times; ++n) {
    bench.context.publish({}, {.name = {}, .data = data});
    bench.turn();
  }
}

// Publishes until the sockets of those who do not read are full.
void fill_sockets(ServerBench& bench) {
  for (int n = 0; bench.context.held_memory.bytes() == 0; ++n) {
    REQUIRE(n < 10'000);
    publish(bench, std::string(10'000, 'x'));
  }
}

TEST_CASE("a reader that keeps up is held nothing for") {
  ServerBench bench;
  Reader reader(bench, "ana");
  for (int n = 0; n < 100; ++n) {
    publish(bench, std::string(10'000, 'x'));
    CHECK(bench.context.held_memory.bytes() == 0);
    reader.hear();
  }
}

TEST_CASE("what waits for a stalled reader is held, and given back") {
  ServerBench bench;
  Reader reader(bench, "ana");
  fill_sockets(bench);
  CHECK(bench.context.deadlines.stalled.next().has_value());
  publish(bench, "last");
  std::string heard;
  while (!heard.ends_with("data: last\n\n\r\n")) heard += reader.hear();
  CHECK(bench.context.held_memory.bytes() == 0);
  CHECK(bench.context.deadlines.stalled.next() == std::nullopt);
  CHECK(bench.context.deadlines.heartbeat.next().has_value());
}

TEST_CASE("a backlog may reach queue-bytes and not pass it") {
  Settings settings = test::default_settings();
  settings.queue_bytes = 64 * 1024;
  ServerBench bench(settings);
  const Reader reader(bench, "ana");
  fill_sockets(bench);
  while (bench.context.hub.subscriber_count() == 1) {
    CHECK(bench.context.held_memory.bytes() <= settings.queue_bytes);
    publish(bench, std::string(1'000, 'x'));
  }
  CHECK(bench.context.held_memory.bytes() == 0);
  CHECK(bench.ended(EndReason::kSlow) == 1);
}

TEST_CASE("many tiny events cannot hold more than queue-bytes either") {
  Settings settings = test::default_settings();
  settings.queue_bytes = 64 * 1024;
  ServerBench bench(settings);
  const Reader reader(bench, "ana");
  fill_sockets(bench);
  const size_t most_frames = settings.queue_bytes / 32;
  size_t published = 0;
  for (; bench.context.hub.subscriber_count() == 1; ++published) {
    REQUIRE(published < most_frames);
    publish(bench, "");
  }
}

TEST_CASE("a socket that takes nothing for write-timeout ends its stream") {
  ServerBench bench;
  const Reader reader(bench, "ana");
  fill_sockets(bench);
  const base::Time stalled_at = bench.context.reactor.now();
  Deadlines& deadlines = bench.context.deadlines;
  const base::Duration most = bench.settings.write_timeout;
  CHECK(bench.context.hub.subscriber_count() == 1);
  deadlines.run_due(stalled_at + most);
  CHECK(bench.context.hub.subscriber_count() == 0);
  CHECK(bench.ended(EndReason::kTimeout) == 1);
}

TEST_CASE("when memory is used up the one that has stalled longest goes") {
  ServerBench bench;
  const Reader first(bench, "first");
  fill_sockets(bench);
  const base::Time before = bench.context.reactor.now();
  while (bench.context.reactor.now() == before) publish(bench, "");
  const Reader second(bench, "second");
  const size_t held = bench.context.held_memory.bytes();
  while (bench.context.held_memory.bytes() < held + 200'000) {
    publish(bench, std::string(1'000, 'x'));
  }
  CHECK(bench.context.deadlines.evict_longest_waiting());
  CHECK(bench.context.hub.subscriber_count("first") == 0);
  CHECK(bench.context.hub.subscriber_count("second") == 1);
}

TEST_CASE("who keeps nobody waiting is never evicted") {
  ServerBench bench;
  const Reader reader(bench, "ana");
  Client idle(bench);
  CHECK(idle.ask("GET /livez HTTP/1.1\r\nHost: h\r\n\r\n").ends_with("ok"));
  CHECK_FALSE(bench.context.deadlines.evict_longest_waiting());
}

TEST_CASE("a request that does not come in can be evicted") {
  ServerBench bench;
  Client client(bench);
  client.ask("GET /livez HTTP/1.1\r\nX: " + std::string(1'000, 'x'));
  CHECK(bench.context.held_memory.bytes() > 1'000);
  CHECK(bench.context.deadlines.evict_longest_waiting());
  CHECK(bench.context.held_memory.bytes() == 0);
  client.hear();
  CHECK(client.ended);
}

TEST_CASE("answers that nobody takes are held and can be evicted") {
  ServerBench bench;
  Client client(bench);
  const std::string page = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  while (bench.context.deadlines.answering.next() == std::nullopt) {
    test::send_all(client.pair.peer.get(), page);
    bench.work();
  }
  CHECK(bench.context.held_memory.bytes() > 0);
  CHECK(bench.context.deadlines.evict_longest_waiting());
  CHECK(bench.context.held_memory.bytes() == 0);
}

TEST_CASE("an answer before a close is not cut while it moves") {
  ServerBench bench;
  Client client(bench);
  const std::string page = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string last =
      "GET /livez HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  std::string pipeline;
  for (int n = 0; n < 100; ++n) pipeline += page;
  test::send_all(client.pair.peer.get(), pipeline + last);
  bench.work();
  bench.context.deadlines.run_due(bench.context.reactor.now() + kLingerTimeout);
  std::string heard;
  while (!client.ended) heard += client.hear();
  CHECK(heard.ends_with("\r\n\r\nok"));
}

}  // namespace
}  // namespace rivulet::server

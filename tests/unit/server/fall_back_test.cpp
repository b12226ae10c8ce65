// Tests server/stream.h: a reader that falls behind is left to the history,
// and gets everything once it reads.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "../support/stream_client.h"
#include "server/stream.h"

namespace rivulet::server {
namespace {

using test::event_ids;
using test::ServerBench;
using test::settings_with_history;
using test::StreamClient;
using Strings = std::vector<std::string>;

constexpr int kSmallBuffer = 4096;
constexpr size_t kSoftMark = size_t{64} * 1024;
// One frame more than the mark, and what is counted for each.
constexpr size_t kMostHeld = kSoftMark + 2'000;

void publish(ServerBench& bench, int count, size_t size = 1'000) {
  for (int n = 0; n < count; ++n) {
    test::publish_to_all(bench, std::string(size, 'x'));
    bench.turn();
  }
}

hub::Subscriber::Status status(const ServerBench& bench) {
  hub::Subscriber::Status only;
  bench.context.hub.for_each_subscriber(
      [&](const hub::Subscriber& subscriber) { only = subscriber.status(); });
  return only;
}

TEST_CASE("a reader that stops holds no more than the soft mark") {
  ServerBench bench(settings_with_history(10'000));
  StreamClient client(bench, "/stream/ana", {}, kSmallBuffer);
  for (int n = 0; n < 1'000; ++n) {
    publish(bench, 1);
    REQUIRE(bench.context.held_memory.bytes() <= kMostHeld);
  }
  CHECK(bench.context.hub.subscriber_count() == 1);
  CHECK(status(bench).catching_up);
  CHECK(status(bench).bytes_queued < kMostHeld);
}

TEST_CASE("it gets everything in order once it reads, and is live again") {
  ServerBench bench(settings_with_history(10'000));
  StreamClient client(bench, "/stream/ana", {}, kSmallBuffer);
  publish(bench, 1'000);
  CHECK(client.read_ids() == event_ids(1, 1'000));
  CHECK_FALSE(status(bench).catching_up);
  CHECK(status(bench).events_sent == 1'000);
  CHECK(bench.context.held_memory.bytes() == 0);
  CHECK(bench.context.deadlines.stalled.next() == std::nullopt);
  publish(bench, 1);
  CHECK(client.read_ids() == event_ids(1, 1'001));
}

TEST_CASE("one that reads a little now and then misses nothing either") {
  ServerBench bench(settings_with_history(100'000));
  StreamClient client(bench, "/stream/ana", {}, kSmallBuffer);
  for (int n = 0; n < 2'000; ++n) {
    publish(bench, 1, static_cast<size_t>(n) % 700);
    client.take(static_cast<size_t>(n) % 900);
  }
  CHECK(client.read_ids() == event_ids(1, 2'000));
  CHECK(status(bench).events_sent == 2'000);
}

TEST_CASE("below the soft mark nothing is left to the history") {
  ServerBench bench(settings_with_history(10'000));
  StreamClient client(bench, "/stream/ana", {}, kSmallBuffer);
  publish(bench, 30);
  CHECK(bench.context.deadlines.stalled.next().has_value());
  CHECK_FALSE(status(bench).catching_up);
  CHECK(client.read_ids() == event_ids(1, 30));
}

TEST_CASE("a small queue-bytes is a soft mark too") {
  auto settings = settings_with_history(10'000);
  settings.queue_bytes = 8 * 1024;
  ServerBench bench(settings);
  StreamClient client(bench, "/stream/ana", {}, kSmallBuffer);
  for (int n = 0; n < 100; ++n) {
    publish(bench, 1);
    REQUIRE(bench.context.held_memory.bytes() <= 10'000);
  }
  CHECK(client.read_ids() == event_ids(1, 100));
}

TEST_CASE("one event larger than every mark is sent all the same") {
  auto settings = settings_with_history(10'000);
  settings.queue_bytes = 8 * 1024;
  ServerBench bench(settings);
  StreamClient client(bench, "/stream/ana", {}, kSmallBuffer);
  publish(bench, 3, 60'000);
  CHECK(client.read_ids() == event_ids(1, 3));
}

TEST_CASE("a stalled reader that the history overtakes is ended as slow") {
  ServerBench bench(settings_with_history(100));
  StreamClient client(bench, "/stream/ana", {}, kSmallBuffer);
  for (int n = 0; bench.context.hub.subscriber_count() == 1; ++n) {
    REQUIRE(n < 300);
    publish(bench, 1);
  }
  CHECK(bench.ended(EndReason::kSlow) == 1);
  CHECK(bench.context.held_memory.bytes() == 0);
  client.take_all();
  CHECK(client.ended());
  CHECK_FALSE(client.finished());
  const Strings got = client.read_ids();
  CHECK(got == event_ids(1, static_cast<int>(got.size())));
}

TEST_CASE("what the history does not have any more waits up to queue-bytes") {
  auto settings = settings_with_history(3);
  settings.queue_bytes = 200'000;
  ServerBench bench(settings);
  StreamClient client(bench, "/stream/ana", {}, kSmallBuffer);
  publish(bench, 150);
  CHECK(bench.context.hub.subscriber_count() == 1);
  CHECK_FALSE(status(bench).catching_up);
  CHECK(client.read_ids() == event_ids(1, 150));
  publish(bench, 250);
  CHECK(bench.context.hub.subscriber_count() == 0);
  CHECK(bench.ended(EndReason::kSlow) == 1);
}

TEST_CASE("a stalled reader that caught up half-way goes on where it was") {
  ServerBench bench(settings_with_history(10'000));
  publish(bench, 1'000);
  StreamClient client(bench, "/stream/ana", "Last-Event-ID: 0\r\n",
                      kSmallBuffer);
  bench.work();
  CHECK(status(bench).catching_up);
  CHECK(bench.context.held_memory.bytes() <= kMostHeld + 64'000);
  publish(bench, 500);
  CHECK(client.read_ids() == event_ids(1, 1'500));
}

TEST_CASE("one that takes nothing is ended at its time, catching up or not") {
  ServerBench bench(settings_with_history(10'000));
  StreamClient client(bench, "/stream/ana", {}, kSmallBuffer);
  publish(bench, 200);
  REQUIRE(status(bench).catching_up);
  const base::Time stalled_at = bench.context.reactor.now();
  bench.context.deadlines.run_due(stalled_at + bench.settings.write_timeout);
  CHECK(bench.context.hub.subscriber_count() == 0);
  CHECK(bench.ended(EndReason::kTimeout) == 1);
}

TEST_CASE("a kicked reader gets what is queued, and the end") {
  ServerBench bench(settings_with_history(10'000));
  StreamClient client(bench, "/stream/ana", {}, kSmallBuffer);
  publish(bench, 20);
  REQUIRE(bench.context.deadlines.stalled.next().has_value());
  bench.context.hub.for_each_subscriber(
      [](hub::Subscriber& subscriber) { subscriber.kick(); });
  bench.work();
  CHECK(bench.context.hub.subscriber_count() == 0);
  CHECK(bench.ended(EndReason::kKicked) == 1);
  publish(bench, 1);
  CHECK(client.read_ids() == event_ids(1, 20));
  CHECK(client.finished());
  CHECK(client.ended());
}

TEST_CASE("heartbeats do not come between the events of one that is behind") {
  auto settings = settings_with_history(10'000);
  settings.heartbeat = base::Duration(40);
  ServerBench bench(settings);
  StreamClient client(bench, "/stream/ana", {}, kSmallBuffer);
  publish(bench, 200);
  bench.run_for(base::Duration(100));
  CHECK(client.read_ids() == event_ids(1, 200));
  const base::Time give_up =
      bench.context.reactor.now() + base::Duration(5'000);
  while (!client.content().ends_with(":\n") &&
         bench.context.reactor.now() < give_up) {
    bench.run_for(base::Duration(5));
    client.take_all();
  }
  CHECK(client.content().ends_with(":\n"));
}

}  // namespace
}  // namespace rivulet::server

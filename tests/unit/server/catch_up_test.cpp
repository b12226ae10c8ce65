// Tests server/stream.h: what a client that comes back is given, and how it
// goes live. Slow readers: fall_back_test.cpp; those who are not fast enough
// for the history: overtaken_test.cpp.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "../support/receiver.h"
#include "../support/stream_client.h"
#include "os/process.h"
#include "server/drain.h"
#include "server/stream.h"

namespace rivulet::server {
namespace {

using test::event_ids;
using test::last_event_id;
using test::ServerBench;
using test::settings_with_history;
using test::StreamClient;
using Strings = std::vector<std::string>;

TEST_CASE("a client that comes back gets what it missed, and then goes on") {
  ServerBench bench(settings_with_history(100));
  fill(bench, 5);
  StreamClient client(bench, "/stream/ana", last_event_id("abc-2"));
  CHECK(client.read_ids() == event_ids(3, 5));
  fill(bench, 2);
  CHECK(client.read_ids() == event_ids(3, 7));
}

TEST_CASE("a client that comes for the first time gets nothing that is past") {
  ServerBench bench(settings_with_history(100));
  fill(bench, 5);
  StreamClient client(bench, "/stream/ana");
  CHECK(client.read_ids().empty());
  fill(bench, 1);
  CHECK(client.read_ids() == event_ids(6, 6));
}

TEST_CASE("who has missed nothing is live at once") {
  ServerBench bench(settings_with_history(100));
  fill(bench, 5);
  StreamClient client(bench, "/stream/ana", last_event_id("abc-5"));
  CHECK(bench.context.deadlines.heartbeat.next().has_value());
  CHECK(client.read_ids().empty());
}

TEST_CASE("the last event id may come in the query, for those who must") {
  ServerBench bench(settings_with_history(100));
  fill(bench, 3);
  for (const std::string name : {"lastEventId", "evs_last_event_id"}) {
    StreamClient client(bench, "/stream/ana?" + name + "=abc-2");
    CHECK(client.read_ids() == event_ids(3, 3));
    client.hang_up();
  }
  StreamClient both(bench, "/stream?lastEventId=abc-1", last_event_id("abc-2"));
  CHECK(both.read_ids() == event_ids(3, 3));
  StreamClient empty(bench, "/stream?lastEventId=", "Last-Event-ID:\r\n");
  CHECK(empty.read_ids().empty());
}

TEST_CASE("0 asks for all that is held, without a gap") {
  ServerBench bench(settings_with_history(3));
  fill(bench, 5);
  StreamClient client(bench, "/stream", last_event_id("0"));
  CHECK(client.read_ids() == event_ids(3, 5));
}

TEST_CASE("a gap is told first, with what is known of it") {
  ServerBench bench(settings_with_history(3));
  fill(bench, 5);
  StreamClient client(bench, "/stream/ana", last_event_id("abc-1"));
  CHECK(client.read_ids() == event_ids(2, 5));
  const test::GotEvent gap = client.events().front();
  CHECK(gap.name == "gap");
  CHECK(gap.data == R"({"after":"abc-1","before":"abc-3"})");
}

TEST_CASE("who has seen the one before the oldest has missed nothing") {
  ServerBench bench(settings_with_history(3));
  fill(bench, 5);
  StreamClient client(bench, "/stream/ana", last_event_id("abc-2"));
  CHECK(client.read_ids() == event_ids(3, 5));
  CHECK(client.events().front().name == "");
}

TEST_CASE("an id of another server, or none at all, is a gap") {
  ServerBench bench(settings_with_history(3));
  fill(bench, 5);
  for (const std::string id : {"abd-4", "abc-6", "nonsense", "\"", "abc-05"}) {
    CAPTURE(id);
    StreamClient client(bench, "/stream/ana", last_event_id(id));
    CHECK(client.read_ids() == event_ids(2, 5));
    CHECK(client.events().front().name == "gap");
    client.hang_up();
  }
  StreamClient odd(bench, "/stream/ana", last_event_id("\xFF"));
  CHECK(odd.read_data().front() == R"({"after":"","before":"abc-3"})");
  StreamClient unreadable(bench, "/stream/ana?lastEventId=%zz");
  CHECK(unreadable.read_data().front() == R"({"after":"?","before":"abc-3"})");
}

TEST_CASE("who comes back with the id of a gap is told of none") {
  ServerBench bench(settings_with_history(3));
  fill(bench, 5);
  StreamClient first(bench, "/stream/ana", last_event_id("nonsense"));
  const std::string gap_id = first.read_ids().front();
  first.hang_up();
  StreamClient again(bench, "/stream/ana", last_event_id(gap_id));
  CHECK(again.read_ids() == event_ids(3, 5));
}

TEST_CASE("a gap before an empty history leads to what comes next") {
  ServerBench bench(settings_with_history(3));
  StreamClient client(bench, "/stream/ana", last_event_id("nonsense"));
  CHECK(client.read_ids() == Strings{"abc-0"});
  fill(bench, 1);
  CHECK(client.read_ids() == Strings{"abc-0", "abc-1"});
}

TEST_CASE("what is replayed is what was for that id and those topics") {
  ServerBench bench(settings_with_history(100));
  StreamClient ana(bench, "/stream/ana?topic=news");
  StreamClient rui(bench, "/stream/rui");
  test::publish_to_client(bench, "ana", "for ana");
  test::publish_to_client(bench, "rui", "for rui");
  test::publish_to_topics(bench, {"news"}, "news");
  test::publish_to_topics(bench, {"sport"}, "sport");
  test::publish_to_topics(bench, {"sport", "news"}, "both");
  test::publish_to_all(bench, "all");
  CHECK(ana.read_data() == Strings{"for ana", "news", "both", "all"});
  const auto replayed = [&](const std::string& target) {
    StreamClient client(bench, target, last_event_id("abc-0"));
    const Strings data = client.read_data();
    client.hang_up();
    return data;
  };
  CHECK(replayed("/stream/ana?topic=news") == ana.read_data());
  CHECK(replayed("/stream/ana") == Strings{"for ana", "all"});
  CHECK(replayed("/stream?topic=sport&topic=news") ==
        Strings{"news", "sport", "both", "all"});
  CHECK(replayed("/stream") == Strings{"all"});
  CHECK(replayed("/stream/eva?topic=ana") == Strings{"all"});
}

TEST_CASE("an HTTP/1.0 client is replayed to without chunks") {
  ServerBench bench(settings_with_history(100));
  fill(bench, 2);
  test::Client client(bench);
  const std::string heard = client.ask(
      "GET /stream/ana HTTP/1.0\r\nHost: h\r\nLast-Event-ID: 0\r\n\r\n");
  CHECK(heard.ends_with("data: x\nid: abc-1\n\ndata: x\nid: abc-2\n\n"));
}

TEST_CASE("events that come while it catches up come in order, none twice") {
  ServerBench bench(settings_with_history(100'000));
  fill(bench, 5'000, std::string(100, 'x'));
  StreamClient client(bench, "/stream/ana", last_event_id("abc-0"));
  int published = 5'000;
  for (int turn = 0; turn < 200; ++turn) {
    fill(bench, 3);
    published += 3;
    bench.turn();
    fill(bench, 1);
    ++published;
    client.take();
  }
  CHECK(client.read_ids() == event_ids(1, published));
  CHECK(bench.context.deadlines.catching_up.next() == std::nullopt);
}

TEST_CASE("a slice has a bounded size, and another follows when it is out") {
  ServerBench bench(settings_with_history(100'000));
  fill(bench, 1'000, std::string(1'000, 'x'));
  StreamClient client(bench, "/stream/ana", last_event_id("abc-0"));
  size_t before = 0;
  for (int turn = 0; turn < 200; ++turn) {
    bench.turn();
    client.take();
    const size_t now = client.content().size();
    CHECK(now - before <= 70'000);
    before = now;
  }
  CHECK(client.read_ids() == event_ids(1, 1'000));
}

TEST_CASE("while somebody catches up the loop does not sleep") {
  ServerBench bench(settings_with_history(100'000));
  fill(bench, 1'000);
  StreamClient client(bench, "/stream/ana", last_event_id("abc-0"));
  bench.turn();
  const auto next = bench.context.deadlines.next();
  REQUIRE(next.has_value());
  CHECK(*next <= bench.context.reactor.now());
  CHECK(client.read_ids() == event_ids(1, 1'000));
  CHECK(*bench.context.deadlines.next() > bench.context.reactor.now());
}

TEST_CASE("events that are for others are passed by a share at a time") {
  constexpr int kEvents = 150'000;  // more than all slices of one turn see
  ServerBench bench(settings_with_history(kEvents));
  test::Receiver rui;
  bench.context.hub.subscribe(rui, "rui");
  for (int n = 0; n < kEvents; ++n) test::publish_to_client(bench, "rui", "x");
  StreamClient ana(bench, "/stream/ana", last_event_id("abc-0"));
  bench.turn();
  bench.turn();
  CHECK(bench.context.deadlines.catching_up.next().has_value());
  bench.work();
  CHECK(bench.context.deadlines.catching_up.next() == std::nullopt);
  fill(bench, 1, "live");
  CHECK(ana.read_data() == Strings{"live"});
  rui.leave(bench.context.hub);
}

TEST_CASE("a crowd that catches up is served a share at a time, and wholly") {
  constexpr size_t kCrowd = 300;
  os::raise_descriptor_limit();
  ServerBench bench(settings_with_history(1'000));
  fill(bench, 3);
  std::vector<std::unique_ptr<StreamClient>> crowd;
  for (size_t n = 0; n < kCrowd; ++n) {
    crowd.push_back(
        std::make_unique<StreamClient>(bench, "/stream", last_event_id("0")));
  }
  for (const auto& client : crowd) CHECK(client->read_ids() == event_ids(1, 3));
}

// The only subscriber's status.
hub::Subscriber::Status status(const ServerBench& bench) {
  hub::Subscriber::Status only;
  bench.context.hub.for_each_subscriber(
      [&](const hub::Subscriber& subscriber) { only = subscriber.status(); });
  return only;
}

TEST_CASE("a stream says how many events it was given and which was the last") {
  ServerBench bench(settings_with_history(100));
  StreamClient client(bench, "/stream/ana");
  CHECK(status(bench).events_sent == 0);
  CHECK(status(bench).last_sent == 0);
  fill(bench, 3);
  CHECK(client.read_ids().size() == 3);
  CHECK(status(bench).events_sent == 3);
  CHECK(status(bench).last_sent == 3);
  CHECK_FALSE(status(bench).catching_up);
}

TEST_CASE("a stream says so too of what it was replayed") {
  ServerBench bench(settings_with_history(100));
  fill(bench, 3);
  StreamClient client(bench, "/stream/ana", last_event_id("abc-1"));
  CHECK(status(bench).catching_up);
  CHECK(client.read_ids() == event_ids(2, 3));
  CHECK_FALSE(status(bench).catching_up);
  CHECK(status(bench).events_sent == 2);
  CHECK(status(bench).last_sent == 3);
}

TEST_CASE("one that catches up is kicked, and drained, with a proper end") {
  for (const bool kicked : {true, false}) {
    CAPTURE(kicked);
    ServerBench bench(settings_with_history(10'000));
    fill(bench, 5'000);
    StreamClient client(bench, "/stream/ana", last_event_id("0"));
    bench.turn();
    REQUIRE(status(bench).catching_up);
    Stream* stream = nullptr;
    bench.context.hub.for_each_subscriber([&](hub::Subscriber& subscriber) {
      stream = static_cast<Stream*>(&subscriber);
    });
    kicked ? stream->kick() : stream->end(EndReason::kDrain, "retry: 5\n");
    client.take_all();
    CHECK(client.finished());
    CHECK(client.ended());
    CHECK(bench.context.hub.subscriber_count() == 0);
    CHECK(bench.context.deadlines.catching_up.next() == std::nullopt);
  }
}

TEST_CASE("a drain ends those that catch up like all others") {
  ServerBench bench(settings_with_history(200'000));
  test::Receiver rui;
  bench.context.hub.subscribe(rui, "rui");
  for (int n = 0; n < 150'000; ++n) test::publish_to_client(bench, "rui", "x");
  rui.leave(bench.context.hub);
  StreamClient client(bench, "/stream/ana", last_event_id("abc-0"));
  bench.turn();
  bench.turn();
  REQUIRE(bench.context.deadlines.catching_up.next().has_value());
  Drain drain(bench.context);
  drain.start();
  drain.run_due();
  client.take_all();
  CHECK(client.finished());
  CHECK(client.content().find("\nretry: ") != std::string::npos);
  CHECK(bench.context.hub.subscriber_count() == 0);
}

TEST_CASE("DELETE ends a client's streams properly, and nobody else's") {
  ServerBench bench(settings_with_history(100));
  StreamClient one(bench, "/stream/ana");
  StreamClient two(bench, "/stream/ana");
  StreamClient other(bench, "/stream/rui");
  test::Client asker(bench);
  CHECK(asker.ask("DELETE /clients/ana HTTP/1.1\r\nHost: h\r\n\r\n")
            .ends_with(R"({"ended":2})"));
  one.take_all();
  two.take_all();
  other.take_all();
  CHECK(one.finished());
  CHECK(two.finished());
  CHECK_FALSE(other.finished());
  CHECK(bench.context.hub.subscriber_count() == 1);
}

TEST_CASE("a client that catches up and hangs up leaves nothing behind") {
  ServerBench bench(settings_with_history(10'000));
  fill(bench, 5'000);
  StreamClient client(bench, "/stream/ana", last_event_id("0"));
  bench.turn();
  client.hang_up();
  bench.work();
  CHECK(bench.context.hub.subscriber_count() == 0);
  CHECK(bench.context.reactor.watched() == 0);
  CHECK(bench.context.deadlines.next() == std::nullopt);
}

}  // namespace
}  // namespace rivulet::server

// Tests server/stream.h: the history gives up what a stream needs next. One
// whose client reads is told the gap and goes on; one that stands still ends.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "../support/out_of_memory.h"
#include "../support/stream_client.h"
#include "scarce_bench.h"
#include "server/stream.h"

namespace rivulet::server {
namespace {

using test::event_id;
using test::event_ids;
using test::last_event_id;
using test::ServerBench;
using test::settings_with_history;
using test::StreamClient;
using Strings = std::vector<std::string>;

constexpr int kSmallBuffer = 4096;

// One for each gap that was told: "abc-1 .. abc-4" leaves out 2 and 3.
Strings gaps(const StreamClient& client) {
  Strings all;
  for (const test::GotEvent& event : client.events()) {
    if (event.name != "gap") continue;
    const size_t middle = event.data.find(R"(","before":")");
    REQUIRE(event.data.starts_with(R"({"after":")"));
    REQUIRE(event.data.ends_with(R"("})"));
    REQUIRE(middle != std::string::npos);
    const size_t before = middle + 12;
    all.push_back(event.data.substr(10, middle - 10) + " .. " +
                  event.data.substr(before, event.data.size() - 2 - before));
  }
  return all;
}

TEST_CASE("who is overtaken before it reads on is told the gap") {
  ServerBench bench(settings_with_history(100));
  fill(bench, 100);
  StreamClient client(bench, "/stream/ana", last_event_id(event_id(40)));
  fill(bench, 60);
  REQUIRE(client.read_ids() == event_ids(60, 160));
  CHECK(client.events().front().name == "gap");
  CHECK(client.events().front().data ==
        R"({"after":"abc-40","before":"abc-61"})");
  fill(bench, 1);
  CHECK(client.read_ids() == event_ids(60, 161));
  CHECK(gaps(client).size() == 1);
}

TEST_CASE("who has what is given up is told of no gap") {
  ServerBench bench(settings_with_history(100));
  fill(bench, 100);
  StreamClient client(bench, "/stream/ana", last_event_id(event_id(40)));
  fill(bench, 40);
  CHECK(client.read_ids() == event_ids(41, 140));
  CHECK(gaps(client).empty());
}

TEST_CASE("one event more does not end a stream at the edge of the history") {
  ServerBench bench(settings_with_history(3));
  fill(bench, 5);
  StreamClient all(bench, "/stream", last_event_id("0"));
  StreamClient behind(bench, "/stream", last_event_id(event_id(1)));
  fill(bench, 1);
  CHECK(all.read_ids() == event_ids(3, 6));
  CHECK(gaps(all) == Strings{"abc-2 .. abc-4"});
  CHECK(behind.read_ids() == event_ids(2, 6));
  CHECK(gaps(behind) == Strings{"abc-1 .. abc-3", "abc-2 .. abc-4"});
  CHECK(bench.ended(EndReason::kSlow) == 0);
}

TEST_CASE("who comes back with the id of a later gap has missed nothing more") {
  ServerBench bench(settings_with_history(3));
  fill(bench, 5);
  StreamClient first(bench, "/stream/ana", last_event_id("0"));
  fill(bench, 2);
  REQUIRE(first.read_ids() == event_ids(4, 7));
  const std::string gap_id = first.events().front().id;
  first.hang_up();
  StreamClient again(bench, "/stream/ana", last_event_id(gap_id));
  CHECK(again.read_ids() == event_ids(5, 7));
  CHECK(gaps(again).empty());
}

TEST_CASE("a gap in the middle comes where the events would have been") {
  ServerBench bench(settings_with_history(2'000));
  fill(bench, 2'000, std::string(1'000, 'x'));
  StreamClient client(bench, "/stream/ana", last_event_id("0"));
  for (int turn = 0; turn < 5; ++turn) {
    bench.turn();
    client.take();
  }
  const int got = static_cast<int>(client.events().size());
  REQUIRE(got > 0);
  fill(bench, 2'000);
  Strings expected = event_ids(1, got);
  for (const std::string& text : event_ids(2'000, 4'000))
    expected.push_back(text);
  CHECK(client.read_ids() == expected);
  CHECK(gaps(client) == Strings{event_id(got) + " .. abc-2001"});
  CHECK(bench.ended(EndReason::kSlow) == 0);
}

TEST_CASE("a slice that is not written yet goes out before the gap") {
  ServerBench bench(settings_with_history(100));
  fill(bench, 100);
  StreamClient client(bench, "/stream/ana", last_event_id("0"));
  bench.turn();
  bench.context.deadlines.run_due(bench.context.reactor.now());
  fill(bench, 100);
  const Strings got = client.read_ids();
  const auto slice = static_cast<int>(got.size()) - 101;
  REQUIRE(slice > 0);
  Strings expected = event_ids(1, slice);
  for (const std::string& text : event_ids(100, 200)) expected.push_back(text);
  CHECK(got == expected);
  CHECK(gaps(client) == Strings{event_id(slice) + " .. abc-101"});
}

TEST_CASE("one that is overtaken again and again is told each gap") {
  ServerBench bench(settings_with_history(100));
  fill(bench, 100);
  StreamClient client(bench, "/stream/ana", last_event_id("0"));
  bench.turn();
  int first = 1;
  int last = 0;
  Strings expected;
  for (int round = 0; round < 20; ++round) {
    fill(bench, 200);
    bench.turn();
    client.take();
    first += 200;
    expected.push_back(event_id(last) + " .. " + event_id(first));
    REQUIRE_FALSE(client.events().empty());
    last = std::stoi(client.events().back().id.substr(4));
    REQUIRE(last < first + 99);  // or it would be live by now
  }
  CHECK(gaps(client) == expected);
  CHECK(client.read_ids().back() == event_id(first + 99));
  CHECK(bench.ended(EndReason::kSlow) == 0);
}

TEST_CASE("events for others overtake too") {
  ServerBench bench(settings_with_history(3));
  fill(bench, 3);
  StreamClient client(bench, "/stream/ana", last_event_id("0"));
  for (int n = 0; n < 7; ++n) test::publish_to_topics(bench, {"sport"}, "x");
  CHECK(client.read_ids() == Strings{event_id(7)});
  CHECK(gaps(client) == Strings{"abc-0 .. abc-8"});
  fill(bench, 1);
  CHECK(client.read_ids() == Strings{event_id(7), event_id(11)});
}

TEST_CASE("an event too large for the history leaves a gap up to what comes") {
  ServerBench bench(settings_with_history(100, 5'000));
  fill(bench, 5);
  StreamClient client(bench, "/stream/ana", last_event_id("0"));
  fill(bench, 1, std::string(6'000, 'x'));
  REQUIRE(bench.context.hub.history().events() == 0);
  CHECK(client.read_ids() == Strings{event_id(6)});
  CHECK(gaps(client) == Strings{"abc-0 .. abc-7"});
  fill(bench, 1);
  CHECK(client.read_ids() == event_ids(6, 7));
}

TEST_CASE("an HTTP/1.0 client is told a later gap without chunks") {
  ServerBench bench(settings_with_history(1));
  fill(bench, 1);
  test::Client client(bench);
  test::send_all(client.pair.peer.get(),
                 "GET /stream HTTP/1.0\r\nHost: h\r\nLast-Event-ID: 0\r\n\r\n");
  bench.turn();
  fill(bench, 1);
  CHECK(client.ask("").ends_with(
      "event: gap\ndata: {\"after\":\"abc-0\",\"before\":\"abc-2\"}\n"
      "id: abc-1\n\ndata: x\nid: abc-2\n\n"));
}

TEST_CASE("one that reads nothing and is overtaken is ended as slow") {
  ServerBench bench(settings_with_history(200));
  fill(bench, 200, std::string(1'000, 'x'));
  StreamClient client(bench, "/stream/ana", last_event_id("0"), kSmallBuffer);
  bench.work();
  REQUIRE(bench.context.deadlines.stalled.next().has_value());
  fill(bench, 200);
  bench.work();
  CHECK(bench.context.hub.subscriber_count() == 0);
  CHECK(bench.ended(EndReason::kSlow) == 1);
  CHECK(bench.context.held_memory.bytes() == 0);
  client.take_all();
  CHECK(client.ended());
  CHECK_FALSE(client.finished());
  const Strings got = client.read_ids();
  CHECK(got == event_ids(1, static_cast<int>(got.size())));
}

TEST_CASE("one that was stuck while others' events overtook it may read on") {
  ServerBench bench(settings_with_history(200));
  fill(bench, 200, std::string(1'000, 'x'));
  StreamClient client(bench, "/stream/ana", last_event_id("0"), kSmallBuffer);
  bench.work();
  REQUIRE(bench.context.deadlines.stalled.next().has_value());
  for (int n = 0; n < 201; ++n) test::publish_to_topics(bench, {"sport"}, "x");
  const Strings got = client.read_ids();
  CHECK(got.back() == event_id(201));
  CHECK(gaps(client).size() == 1);
  CHECK(bench.ended(EndReason::kSlow) == 0);
  fill(bench, 1);
  CHECK(client.read_ids().back() == event_id(402));
}

TEST_CASE("without memory for a later gap a stream ends, and says no less") {
  Settings settings = test::scarce_settings();
  settings.history = settings_with_history(3).history;
  settings.epoch = 0xabc;
  test::at_each_allocation([&](test::Fault& fault) {
    test::Scarce<ServerBench> bench(settings);
    {
      fill(bench, 5);
      StreamClient client(bench, "/stream/ana", last_event_id("0"));
      bench.turn();
      fill(bench, 2);
      fault.during([&] { bench.work(); });
      const Strings got = client.read_ids();
      if (client.ended()) {
        CHECK(fault.struck);
        CHECK(bench.ended(EndReason::kError) == 1);
        CHECK(got.empty());
      } else {
        CHECK(got == event_ids(4, 7));
      }
    }
    bench.check_all_is_back();
  });
}

}  // namespace
}  // namespace rivulet::server

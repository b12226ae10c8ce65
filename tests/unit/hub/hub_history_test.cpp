// Tests hub/hub.h: where a client that comes back goes on, and what it is
// given from the history.
#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "house.h"
#include "hub/hub.h"

namespace rivulet::hub {
namespace {

using test::event;
using test::House;
using test::Receiver;
using Names = std::vector<std::string>;

constexpr HistoryLimits kTen{.events = 10, .bytes = 1'000'000};
constexpr size_t kPlenty = 1'000'000;

void fill(House& house, int count) {
  for (int n = 0; n < count; ++n) house.publish(event(std::to_string(n)));
}

struct Row {
  std::string last_event_id;
  uint64_t next;
  bool gap;
};

void check(const Hub& hub, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.last_event_id);
    const Hub::Resumption resumption = hub.resume(row.last_event_id);
    CHECK(resumption.next == row.next);
    CHECK(resumption.gap == row.gap);
  }
}

TEST_CASE("while all is held a client goes on after what it has seen") {
  House house(kTen);
  fill(house, 5);
  check(house.hub, {{"abc-1", 2, false},
                    {"abc-4", 5, false},
                    {"abc-5", 6, false},
                    {"abc-0", 1, false},
                    {"0", 1, false}});
}

TEST_CASE("who has missed what is gone begins with the oldest, and a gap") {
  House house(kTen);
  fill(house, 25);
  REQUIRE(house.hub.history().first() == 16);
  check(house.hub, {{"abc-25", 26, false},
                    {"abc-16", 17, false},
                    {"abc-15", 16, false},
                    {"abc-14", 16, true},
                    {"abc-1", 16, true},
                    {"abc-0", 16, true},
                    {"0", 16, false}});
}

TEST_CASE("an id that this server has not given is a gap") {
  House house(kTen);
  fill(house, 5);
  check(house.hub, {{"abc-6", 1, true},
                    {"abc-18446744073709551615", 1, true},
                    {"abd-3", 1, true},
                    {"0-3", 1, true},
                    {"ABC-3", 1, true},
                    {"abc-03", 1, true},
                    {"17", 1, true},
                    {"00", 1, true},
                    {"", 1, true},
                    {"?", 1, true},
                    {"\xFF", 1, true},
                    {std::string(10'000, '1'), 1, true}});
}

TEST_CASE("before the first event there is nothing to miss of this epoch") {
  const House house(kTen);
  check(house.hub, {{"0", 1, false}, {"abc-0", 1, false}, {"abc-1", 1, true}});
}

// The data of all events that are for `subscriber` from `next` on.
Names replay(const Hub& hub, Subscriber& subscriber, uint64_t next = 1) {
  Names all;
  size_t budget = kPlenty;
  while (const auto frame = hub.next_event(subscriber, next, budget)) {
    const std::string_view text = frame->plain();
    all.emplace_back(text.substr(6, text.find('\n') - 6));
  }
  CHECK(next == hub.history().next());
  return all;
}

TEST_CASE("from the history each gets what was for it") {
  House house(kTen);
  Receiver& ana = house.join("ana", {"news"});
  house.publish(event("all"));
  house.publish_to("ana", event("ana"));
  house.publish_on({"news"}, event("news"));
  house.publish_on({"sport", "news"}, event("both"));
  house.publish_on({"sport"}, event("sport"));
  CHECK(replay(house.hub, ana) == Names{"all", "ana", "news", "both"});
  CHECK(replay(house.hub, ana, 3) == Names{"news", "both"});
  CHECK(replay(house.hub, ana, 5) == Names{});
  CHECK(replay(house.hub, house.join("", {"sport"})) ==
        Names{"all", "both", "sport"});
  CHECK(replay(house.hub, house.join("rui")) == Names{"all"});
}

TEST_CASE("a client that was away gets what was for it under its name") {
  House house(kTen);
  Receiver& before = house.join("ana", {"news"});
  house.publish_to("ana", event("a"));
  house.publish_on({"news"}, event("b"));
  house.hub.unsubscribe(before);
  house.publish_on({"news"}, event("c"));
  CHECK(replay(house.hub, house.join("ana", {"news"})) == Names{"a", "b", "c"});
  CHECK(replay(house.hub, house.join("", {"news"})) == Names{"b", "c"});
}

TEST_CASE("looking for an event moves past it and past those before it") {
  House house(kTen);
  Receiver& ana = house.join("ana");
  house.join("rui");
  house.publish_to("rui", event("a"));
  house.publish_to("rui", event("b"));
  house.publish_to("ana", event("c"));
  house.publish_to("rui", event("d"));
  uint64_t next = 1;
  size_t budget = 100;
  const auto frame = house.hub.next_event(ana, next, budget);
  REQUIRE(frame);
  CHECK(frame->sequence() == 3);
  CHECK(next == 4);
  CHECK(budget <= 97);
  CHECK_FALSE(house.hub.next_event(ana, next, budget));
  CHECK(next == 5);
}

TEST_CASE("a budget ends the search, which goes on from there") {
  House house({.events = 1'000, .bytes = 1'000'000});
  Receiver& ana = house.join("ana");
  house.join("rui");
  for (int n = 0; n < 100; ++n) house.publish_to("rui", event("x"));
  house.publish_to("ana", event("found"));
  uint64_t next = 1;
  size_t searches = 0;
  for (bool found = false; !found; ++searches) {
    REQUIRE(searches < 20);
    size_t budget = 10;
    const uint64_t before = next;
    found = bool(house.hub.next_event(ana, next, budget));
    CHECK(next - before <= 10);
    CHECK(next > before);
    if (!found) CHECK(budget == 0);
  }
  CHECK(searches == 11);
  CHECK(next == 102);
}

TEST_CASE("a budget falls faster where there is more to compare") {
  House house({.events = 1'000, .bytes = 1'000'000});
  Names many;
  for (int n = 0; n < 64; ++n) many.push_back("a" + std::to_string(n));
  Names others;
  for (int n = 0; n < 64; ++n) others.push_back("b" + std::to_string(n));
  Receiver& ana = house.join("ana", many);
  for (int n = 0; n < 10; ++n) house.publish_on(others, event("x"));
  uint64_t next = 1;
  size_t budget = 600;
  CHECK_FALSE(house.hub.next_event(ana, next, budget));
  CHECK(next < 5);
  CHECK(budget == 0);
}

TEST_CASE("without a budget nothing is looked at") {
  House house(kTen);
  Receiver& ana = house.join("ana");
  fill(house, 3);
  uint64_t next = 1;
  size_t budget = 0;
  CHECK_FALSE(house.hub.next_event(ana, next, budget));
  CHECK(next == 1);
}

TEST_CASE("a hub may die with events for channels in its history") {
  House house(kTen);
  house.join("ana", {"news"});
  house.publish_to("ana", event("a"));
  house.publish_on({"news", "sport"}, event("b"));
}

TEST_CASE("live or from the history, a subscriber gets the same") {
  std::mt19937 random(9);
  for (int round = 0; round < 200; ++round) {
    House house({.events = 50, .bytes = 1'000'000});
    const Names topics{"a", "b"};
    Receiver& live = house.join("ana", topics);
    house.join("rui");
    for (size_t n = random() % 50; n > 0; --n) {
      const std::string data = std::to_string(n);
      const std::string topic(1, static_cast<char>('a' + random() % 4));
      switch (random() % 4) {
        case 0:
          house.publish(event(data));
          break;
        case 1:
          house.publish_to(random() % 2 == 0 ? "ana" : "rui", event(data));
          break;
        default:
          house.publish_on({topic, "c"}, event(data));
      }
    }
    uint64_t next = 1;
    size_t budget = kPlenty;
    for (const sse::FrameRef& frame : live.frames) {
      REQUIRE(house.hub.next_event(live, next, budget).get() == frame.get());
    }
    REQUIRE_FALSE(house.hub.next_event(live, next, budget));
  }
}

}  // namespace
}  // namespace rivulet::hub

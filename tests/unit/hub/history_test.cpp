// Tests hub/history.h: what is kept, and what goes when.
#include "hub/history.h"

#include <doctest/doctest.h>

#include <string>

namespace rivulet::hub {
namespace {

constexpr size_t kPlenty = size_t{1} << 30U;

History::Entry entry(const History& history, std::string_view data = "x") {
  const uint64_t sequence = history.next();
  return {sse::encode_event({.name = {}, .data = data}, sequence),
          {},
          {1, sequence}};
}

void fill(History& history, size_t count, std::string_view data = "x") {
  for (size_t n = 0; n < count; ++n) history.append(entry(history, data));
}

TEST_CASE("a new history is empty and begins at 1") {
  const History history({.events = 3, .bytes = kPlenty});
  CHECK(history.enabled());
  CHECK(history.first() == 1);
  CHECK(history.next() == 1);
  CHECK(history.events() == 0);
  CHECK(history.bytes() == 0);
}

TEST_CASE("events are numbered as they come and found by their number") {
  History history({.events = 10, .bytes = kPlenty});
  fill(history, 5);
  CHECK(history.first() == 1);
  CHECK(history.next() == 6);
  for (uint64_t sequence = 1; sequence < 6; ++sequence) {
    CHECK(history.at(sequence).frame->sequence() == sequence);
  }
}

TEST_CASE("the number of events is bounded: the oldest goes first") {
  History history({.events = 3, .bytes = kPlenty});
  fill(history, 2);
  CHECK(history.events() == 2);
  fill(history, 1);
  CHECK(history.events() == 3);
  CHECK(history.first() == 1);
  fill(history, 1);
  CHECK(history.events() == 3);
  CHECK(history.first() == 2);
  CHECK(history.next() == 5);
  CHECK(history.at(2).frame->sequence() == 2);
  CHECK(history.at(4).frame->sequence() == 4);
}

// What one event with that data costs.
size_t cost_of_one(std::string_view data) {
  History history({.events = 1, .bytes = kPlenty});
  history.append(entry(history, data));
  return history.bytes();
}

TEST_CASE("bytes are bounded too: at the limit all stay, past it they go") {
  const size_t one = cost_of_one("x");
  for (const size_t spare : {size_t{0}, one - 1}) {
    History history({.events = 100, .bytes = 3 * one + spare});
    fill(history, 3);
    CHECK(history.events() == 3);
    CHECK(history.bytes() == 3 * one);
    fill(history, 1);
    CHECK(history.events() == 3);
    CHECK(history.first() == 2);
  }
  History narrow({.events = 100, .bytes = 3 * one - 1});
  fill(narrow, 3);
  CHECK(narrow.events() == 2);
}

TEST_CASE("keeping an event costs more than its bytes") {
  CHECK(cost_of_one("") > 0);
  CHECK(cost_of_one(std::string(1'000, 'x')) >= 1'000 + cost_of_one(""));
}

TEST_CASE("a large event pushes out as many as it needs") {
  const size_t one = cost_of_one("x");
  History history({.events = 100, .bytes = 10 * one});
  fill(history, 10);
  history.append(entry(history, std::string(4 * one, 'x')));
  CHECK(history.bytes() <= 10 * one);
  CHECK(history.events() < 8);
  CHECK(history.events() > 1);
  CHECK(history.next() == 12);
}

TEST_CASE("an event larger than the whole history is not kept") {
  History history({.events = 100, .bytes = 1'000});
  fill(history, 2);
  history.append(entry(history, std::string(1'000, 'x')));
  CHECK(history.events() == 0);
  CHECK(history.bytes() == 0);
  CHECK(history.first() == 4);
  CHECK(history.next() == 4);
  fill(history, 1);
  CHECK(history.first() == 4);
  CHECK(history.at(4).frame->sequence() == 4);
}

TEST_CASE("a history of no events keeps nothing but counts") {
  History history({.events = 0, .bytes = kPlenty});
  CHECK_FALSE(history.enabled());
  fill(history, 5);
  CHECK(history.events() == 0);
  CHECK(history.bytes() == 0);
  CHECK(history.first() == 6);
  CHECK(history.next() == 6);
}

TEST_CASE("other limits hold from the moment that they are set") {
  History history({.events = 100, .bytes = kPlenty});
  fill(history, 10);
  history.set_limits({.events = 4, .bytes = kPlenty});
  CHECK(history.events() == 4);
  CHECK(history.first() == 7);
  history.set_limits({.events = 100, .bytes = 2 * cost_of_one("x")});
  CHECK(history.first() == 9);
  history.set_limits({.events = 100, .bytes = kPlenty});
  CHECK(history.first() == 9);
  fill(history, 5);
  CHECK(history.events() == 7);
  history.set_limits({.events = 0, .bytes = kPlenty});
  CHECK(history.events() == 0);
  CHECK(history.bytes() == 0);
  CHECK(history.next() == 16);
}

TEST_CASE("a frame that is given up is free") {
  History history({.events = 1, .bytes = kPlenty});
  const History::Entry first = entry(history);
  history.append(first);
  CHECK(first.frame->references == 2);
  fill(history, 1);
  CHECK(first.frame->references == 1);
}

TEST_CASE("the topics that an event was for cost something and are let go") {
  TopicDirectory directory{base::HashKey()};
  History history({.events = 1, .bytes = kPlenty});
  History::Entry one = entry(history);
  one.audience.topics = {directory.open("a"), directory.open("b")};
  history.append(one);
  CHECK(history.bytes() > cost_of_one("x"));
  one.audience.topics.clear();
  CHECK(directory.size() == 2);
  fill(history, 1);
  CHECK(directory.size() == 0);
  CHECK(history.bytes() == cost_of_one("x"));
}

}  // namespace
}  // namespace rivulet::hub

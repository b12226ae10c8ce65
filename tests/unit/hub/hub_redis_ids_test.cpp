// Tests hub/hub.h with events that come with ids of Redis.
#include <doctest/doctest.h>

#include <string>

#include "../support/receiver.h"
#include "hub/hub.h"

namespace rivulet::hub {
namespace {

Hub hub_with(size_t events) {
  return Hub({.events = events, .bytes = 1 << 20}, 1, {}, IdSystem::kRedis);
}

void publish(Hub& hub, uint64_t id, std::string_view client = {}) {
  hub.publish_as({id, 0}, {.client = client, .topics = {}},
                 {.name = {}, .data = "x"});
}

TEST_CASE("the id on the wire is the one that Redis gave") {
  Hub hub = hub_with(10);
  test::Receiver ana;
  hub.subscribe(ana, "ana");
  hub.publish_as({1700000000000, 7}, {}, {.name = {}, .data = "hi"});
  CHECK(ana.received() == "data: hi\nid: 1700000000000-7\n\n");
  ana.leave(hub);
}

TEST_CASE("what is for a client of another server is kept for him") {
  Hub hub = hub_with(10);
  publish(hub, 5, "ana");
  CHECK(hub.history().events() == 1);
}

TEST_CASE("whoever has seen an event that is held goes on after it") {
  Hub hub = hub_with(3);
  for (const uint64_t id : {10, 20, 30, 40}) publish(hub, id);
  struct Row {
    const char* seen;
    uint64_t next;
    bool elsewhere;
  };
  for (const Row& row : {
           Row{"5-0", 2, true},    // older than all that is held
           Row{"10-0", 2, false},  // the last that was given up
           Row{"15-0", 2, true},   // between them: who knows what was there
           Row{"20-0", 3, false},
           Row{"25-0", 3, false},
           Row{"40-0", 5, false},
           Row{"40-1", 5, true},  // not read here yet
           Row{"0", 2, true},
       }) {
    CAPTURE(row.seen);
    const Hub::Resumption resumption = hub.resume(row.seen);
    CHECK(resumption.elsewhere == row.elsewhere);
    CHECK_FALSE(resumption.gap);
    if (!row.elsewhere) CHECK(resumption.next == row.next);
  }
}

TEST_CASE("what is no id of Redis has a gap") {
  Hub hub = hub_with(3);
  publish(hub, 10);
  for (const char* seen : {"a-1", "10", "010-0", "?", "10-"}) {
    CAPTURE(seen);
    CHECK(hub.resume(seen).gap);
    CHECK_FALSE(hub.resume(seen).elsewhere);
  }
}

TEST_CASE("without a history the newest id is still known") {
  Hub hub = hub_with(0);
  publish(hub, 10);
  CHECK(hub.resume("10-0").next == 2);
  CHECK_FALSE(hub.resume("10-0").elsewhere);
  CHECK(hub.resume("9-0").elsewhere);
}

TEST_CASE("a history that is forgotten takes smaller ids") {
  Hub hub = hub_with(3);
  publish(hub, 10);
  hub.forget_history();
  CHECK(hub.resume("10-0").elsewhere);
  publish(hub, 3);
  CHECK(hub.resume("3-0").next == 3);
  CHECK(hub.id_text(2) == "3-0");
  CHECK(hub.id_text(1) == "");
}

TEST_CASE("before an id comes the one that no other is between") {
  CHECK(predecessor({5, 7}) == EventId{5, 6});
  CHECK(predecessor({5, 0}) == EventId{4, UINT64_MAX});
}

}  // namespace
}  // namespace rivulet::hub

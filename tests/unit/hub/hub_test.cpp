// Tests hub/hub.h: who gets what, by id. Topics and the history have their own
// files.
#include "hub/hub.h"

#include <doctest/doctest.h>

#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "house.h"

namespace rivulet::hub {
namespace {

using test::event;
using test::House;
using test::Receiver;

std::vector<std::string> ids(const Hub& hub) {
  std::vector<std::string> all;
  hub.for_each_client([&](std::string_view id) { all.emplace_back(id); });
  return all;
}

using Ids = std::vector<std::string>;

TEST_CASE("a hub without subscribers delivers to nobody") {
  House house;
  CHECK(house.publish(event("a")) == 0);
  CHECK(house.publish_to("ana", event("a")) == 0);
  CHECK(house.hub.subscriber_count() == 0);
  CHECK(ids(house.hub).empty());
}

TEST_CASE("an event for one client reaches that client only") {
  House house;
  Receiver& ana = house.join("ana");
  Receiver& rui = house.join("rui");
  CHECK(house.publish_to("ana", event("a")) == 1);
  REQUIRE(ana.frames.size() == 1);
  CHECK(ana.frames[0]->plain() == "data: a\n\n");
  CHECK(rui.frames.empty());
}

TEST_CASE("an id is compared whole, byte for byte") {
  House house;
  Receiver& ana = house.join("ana");
  for (const std::string id : {"an", "anaa", "Ana", "ana ", "aná"}) {
    CHECK(house.publish_to(id, event("a")) == 0);
  }
  CHECK(ana.frames.empty());
}

TEST_CASE("an event for all reaches every subscriber once") {
  House house;
  house.join("ana");
  house.join("rui");
  house.join("ana");
  CHECK(house.publish(event("a")) == 3);
  for (const auto& receiver : house.receivers) {
    CHECK(receiver->frames.size() == 1);
  }
}

TEST_CASE("an event is encoded once: all receive the very same frame") {
  House house;
  for (const std::string id : {"ana", "rui", "ana"}) house.join(id);
  house.publish(event("all"));
  house.publish_to("ana", event("ana"));
  const Receiver& first = *house.receivers[0];
  const Receiver& second = *house.receivers[2];
  CHECK(first.frames[0]->references == 3);
  CHECK(first.frames[1]->references == 2);
  for (size_t i = 0; i < 2; ++i) {
    CHECK(&*first.frames[i] == &*second.frames[i]);
  }
  CHECK(&*first.frames[0] == &*house.receivers[1]->frames[0]);
}

TEST_CASE("several subscribers share an id and each gets everything") {
  House house;
  Receiver& older = house.join("ana");
  Receiver& newer = house.join("ana");
  CHECK(house.hub.subscriber_count() == 2);
  CHECK(ids(house.hub) == Ids{"ana"});
  CHECK(house.publish_to("ana", event("a")) == 2);
  CHECK(older.frames.size() == 1);
  CHECK(newer.frames.size() == 1);
}

TEST_CASE("when either of two with one id leaves, the other goes on") {
  for (const size_t leaving : {size_t{0}, size_t{1}}) {
    CAPTURE(leaving);
    House house;
    house.join("ana");
    house.join("ana");
    Receiver& staying = *house.receivers[1 - leaving];
    house.hub.unsubscribe(*house.receivers[leaving]);
    CHECK(ids(house.hub) == Ids{"ana"});
    CHECK(house.publish_to("ana", event("a")) == 1);
    CHECK(house.publish(event("b")) == 1);
    CHECK(staying.frames.size() == 2);
    CHECK(house.receivers[leaving]->frames.empty());
    CHECK(Hub::id_of(staying) == "ana");
    house.hub.unsubscribe(staying);
    CHECK(ids(house.hub).empty());
    CHECK(house.publish_to("ana", event("c")) == 0);
    CHECK(house.hub.subscriber_count() == 0);
  }
}

TEST_CASE("a subscriber can leave and come again, under another id") {
  House house;
  Receiver& receiver = house.join("ana");
  CHECK(receiver.subscribed());
  house.hub.unsubscribe(receiver);
  CHECK_FALSE(receiver.subscribed());
  house.hub.subscribe(receiver, "rui");
  CHECK(Hub::id_of(receiver) == "rui");
  CHECK(house.publish_to("ana", event("a")) == 0);
  CHECK(house.publish_to("rui", event("a")) == 1);
}

TEST_CASE("an id is kept by the hub, not by who gave it") {
  House house;
  std::string id = "a rather long id that no small string holds";
  Receiver& receiver = house.join(id);
  const std::string copy = id;
  id.assign(id.size(), 'x');
  for (int i = 0; i < 1000; ++i) house.join(std::to_string(i));
  CHECK(Hub::id_of(receiver) == copy);
  CHECK(house.publish_to(copy, event("a")) == 1);
}

TEST_CASE("clients are listed in order of arrival, each once") {
  House house;
  for (const std::string id : {"c", "a", "b", "a", "c", "d"}) house.join(id);
  CHECK(ids(house.hub) == Ids{"c", "a", "b", "d"});
}

TEST_CASE("a client's place is that of its oldest connection") {
  House house;
  Receiver& oldest = house.join("ana");
  house.join("rui");
  house.join("ana");
  house.hub.unsubscribe(oldest);
  CHECK(ids(house.hub) == Ids{"rui", "ana"});
}

TEST_CASE("a client in the slot of one that has gone is listed as it came") {
  Hub hub({}, 1, {});
  Receiver low(7);
  Receiver high(9);
  Receiver lowest(7);
  hub.subscribe(low, "gone");
  hub.subscribe(high, "older");
  hub.unsubscribe(low);
  hub.subscribe(lowest, "newer");
  CHECK(ids(hub) == Ids{"older", "newer"});
  hub.unsubscribe(high);
  hub.unsubscribe(lowest);
}

TEST_CASE("events arrive in the order in which they were published") {
  House house;
  Receiver& ana = house.join("ana");
  std::string expected;
  for (int i = 0; i < 20; ++i) {
    const std::string data = std::to_string(i);
    i % 3 == 0 ? house.publish(event(data))
               : house.publish_to("ana", event(data));
    expected += "data: " + data + "\n\n";
  }
  CHECK(ana.received() == expected);
}

TEST_CASE("under any coming and going everybody gets what is theirs") {
  std::mt19937 random(11);
  House house;
  for (int i = 0; i < 30; ++i) {
    house.receivers.push_back(std::make_unique<Receiver>());
  }
  for (int step = 0; step < 5'000; ++step) {
    Receiver& one = *house.receivers[random() % house.receivers.size()];
    if (one.subscribed()) {
      house.hub.unsubscribe(one);
    } else {
      house.hub.subscribe(one, std::to_string(random() % 8));
    }
    const std::string id = std::to_string(random() % 8);
    const bool everybody = random() % 2 == 0;
    size_t expected = 0;
    std::set<std::string> connected;
    for (const auto& receiver : house.receivers) {
      receiver->frames.clear();
      if (!receiver->subscribed()) continue;
      const std::string own(Hub::id_of(*receiver));
      connected.insert(own);
      if (everybody || own == id) ++expected;
    }
    REQUIRE((everybody ? house.publish(event("x"))
                       : house.publish_to(id, event("x"))) == expected);
    size_t delivered = 0;
    for (const auto& receiver : house.receivers) {
      delivered += receiver->frames.size();
    }
    REQUIRE(delivered == expected);
    const Ids listed = ids(house.hub);
    REQUIRE(listed.size() == connected.size());
    REQUIRE(std::set<std::string>(listed.begin(), listed.end()) == connected);
  }
}

}  // namespace
}  // namespace rivulet::hub

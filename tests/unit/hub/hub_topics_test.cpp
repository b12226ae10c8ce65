// Tests hub/hub.h: topics, anonymous subscribers, and what a publish answers.
#include <doctest/doctest.h>

#include <algorithm>
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

TEST_CASE("an event on a topic reaches who subscribes to it, and nobody else") {
  House house;
  Receiver& news = house.join("ana", {"news"});
  Receiver& sport = house.join("rui", {"sport"});
  Receiver& none = house.join("eva");
  CHECK(house.publish_on({"news"}, event("a")) == 1);
  CHECK(news.received() == "data: a\n\n");
  CHECK(sport.frames.empty());
  CHECK(none.frames.empty());
  CHECK(house.publish_on({"weather"}, event("b")) == 0);
}

TEST_CASE("an event arrives once however many topics match") {
  House house;
  Receiver& both = house.join("ana", {"a", "b", "c"});
  Receiver& one = house.join("rui", {"b"});
  CHECK(house.publish_on({"a", "b"}, event("x")) == 2);
  CHECK(house.publish_on({"b", "b"}, event("y")) == 2);
  CHECK(house.publish_on({"c", "a", "c"}, event("z")) == 1);
  CHECK(both.frames.size() == 3);
  CHECK(one.frames.size() == 2);
}

TEST_CASE("a topic named twice is subscribed to once") {
  House house;
  Receiver& receiver = house.join("ana", {"a", "b", "a", "b"});
  Names topics;
  Hub::for_each_topic_of(
      receiver, [&](std::string_view topic) { topics.emplace_back(topic); });
  CHECK(topics == Names{"a", "b"});
  CHECK(house.publish_on({"a"}, event("x")) == 1);
}

TEST_CASE("an event for all reaches those with topics too") {
  House house;
  house.join("ana", {"a"});
  house.join("", {"b"});
  house.join("rui");
  CHECK(house.publish(event("x")) == 3);
}

TEST_CASE("an event for a client reaches it whatever its topics") {
  House house;
  Receiver& ana = house.join("ana", {"a"});
  Receiver& rui = house.join("rui", {"ana"});
  CHECK(house.publish_to("ana", event("x")) == 1);
  CHECK(ana.frames.size() == 1);
  CHECK(rui.frames.empty());
}

TEST_CASE("a topic and a client of one name have nothing in common") {
  House house;
  Receiver& client = house.join("x");
  Receiver& topic = house.join("", {"x"});
  CHECK(house.publish_on({"x"}, event("a")) == 1);
  CHECK(house.publish_to("x", event("b")) == 1);
  CHECK(client.received() == "data: b\n\n");
  CHECK(topic.received() == "data: a\n\n");
}

TEST_CASE("who has no id is no client, but is there") {
  House house;
  Receiver& nobody = house.join("");
  house.join("", {"a"});
  CHECK(house.hub.subscriber_count() == 2);
  CHECK(house.hub.subscriber_count("") == 0);
  CHECK(Hub::id_of(nobody) == "");
  size_t clients = 0;
  house.hub.for_each_client([&](std::string_view) { ++clients; });
  CHECK(clients == 0);
  size_t all = 0;
  house.hub.for_each_subscriber([&](const Subscriber&) { ++all; });
  CHECK(all == 2);
  CHECK(house.publish(event("a")) == 2);
}

TEST_CASE("who has unsubscribed gets nothing on any topic") {
  House house;
  Receiver& leaving = house.join("ana", {"a", "b"});
  Receiver& staying = house.join("ana", {"a"});
  house.hub.unsubscribe(leaving);
  CHECK(house.publish_on({"a", "b"}, event("x")) == 1);
  CHECK(house.publish_to("ana", event("y")) == 1);
  CHECK(house.publish(event("z")) == 1);
  CHECK(leaving.frames.empty());
  CHECK(staying.frames.size() == 3);
  house.hub.subscribe(leaving, "rui");
  CHECK(house.publish_on({"a"}, event("x")) == 1);
  CHECK(leaving.frames.empty());
}

TEST_CASE("those under one id are visited, and only those") {
  House house;
  house.join("ana");
  house.join("rui");
  house.join("ana");
  size_t visited = 0;
  house.hub.for_each_subscriber("ana", [&](Subscriber& subscriber) {
    CHECK(Hub::id_of(subscriber) == "ana");
    subscriber.kick();
    ++visited;
  });
  CHECK(visited == 2);
  CHECK(house.receivers[0]->kicked);
  CHECK_FALSE(house.receivers[1]->kicked);
  house.hub.for_each_subscriber("eva", [&](Subscriber&) { ++visited; });
  CHECK(visited == 2);
}

TEST_CASE("a receipt numbers events as they were published") {
  House house;
  house.join("ana");
  CHECK(house.hub.publish({}, event("a")).sequence == 1);
  CHECK(
      house.hub.publish({.client = "ana", .topics = {}}, event("b")).sequence ==
      2);
  const Names topics{"t"};
  CHECK(house.hub.publish({.client = {}, .topics = topics}, event("c"))
            .sequence == 3);
}

TEST_CASE("an event for a client who is not there is refused and not kept") {
  House house({.events = 10, .bytes = 100'000});
  house.join("ana");
  const Receipt receipt =
      house.hub.publish({.client = "rui", .topics = {}}, event("a"));
  CHECK(receipt.sequence == 0);
  CHECK(receipt.receivers == 0);
  CHECK(house.hub.history().events() == 0);
  CHECK(house.hub.history().next() == 1);
}

TEST_CASE("an event on a topic that nobody has is kept") {
  House house({.events = 10, .bytes = 100'000});
  const Names topics{"t"};
  const Receipt receipt =
      house.hub.publish({.client = {}, .topics = topics}, event("a"));
  CHECK(receipt.sequence == 1);
  CHECK(receipt.receivers == 0);
  CHECK(house.hub.history().events() == 1);
}

TEST_CASE("events carry their id when there is a history to go by it") {
  House kept({.events = 10, .bytes = 100'000});
  Receiver& one = kept.join("ana");
  kept.publish(event("a"));
  kept.publish({.name = "n", .data = "b", .retry = 5});
  CHECK(one.received() ==
        "data: a\nid: abc-1\n\n"
        "event: n\nretry: 5\ndata: b\nid: abc-2\n\n");
  CHECK(kept.hub.id_text(7) == "abc-7");
  House none;
  Receiver& other = none.join("ana");
  none.publish(event("a"));
  CHECK(other.received() == "data: a\n\n");
  CHECK(none.hub.id_text(7) == "");
}

TEST_CASE("the latest event of a subscriber is the latest that was for it") {
  House house({.events = 10, .bytes = 100'000});
  Receiver& ana = house.join("ana");
  house.join("rui");
  CHECK(Hub::latest_of(ana) == 0);
  house.publish(event("a"));
  house.publish_to("rui", event("b"));
  CHECK(Hub::latest_of(ana) == 1);
}

// What a model says of one subscriber.
struct Expectation {
  std::string id;
  Names topics;
};

bool meant(const Expectation& who, const std::string& client,
           const Names& topics) {
  if (!client.empty()) return who.id == client;
  return topics.empty() ||
         std::ranges::any_of(topics, [&](const std::string& topic) {
           return std::ranges::count(who.topics, topic) > 0;
         });
}

Names some_topics(std::mt19937& random, size_t most) {
  Names topics(random() % (most + 1));
  for (std::string& topic : topics) topic = std::to_string(random() % 5);
  return topics;
}

TEST_CASE("under any coming and going topics reach exactly who is meant") {
  std::mt19937 random(5);
  House house({.events = 20, .bytes = 100'000});
  std::vector<Expectation> model(20);
  for (size_t i = 0; i < model.size(); ++i) {
    house.receivers.push_back(std::make_unique<Receiver>());
  }
  for (int step = 0; step < 5'000; ++step) {
    const size_t index = random() % model.size();
    Receiver& one = *house.receivers[index];
    if (one.subscribed()) {
      house.hub.unsubscribe(one);
    } else {
      const size_t number = random() % 6;
      model[index].id = number == 0 ? "" : std::to_string(number);
      model[index].topics = some_topics(random, 4);
      house.hub.subscribe(one, model[index].id, model[index].topics);
    }
    const Names topics = some_topics(random, 3);
    const std::string client =
        topics.empty() && random() % 2 == 0 ? std::to_string(random() % 6) : "";
    size_t expected = 0;
    for (size_t i = 0; i < model.size(); ++i) {
      house.receivers[i]->frames.clear();
      const bool gets =
          house.receivers[i]->subscribed() && meant(model[i], client, topics);
      if (gets) ++expected;
    }
    const Receipt receipt =
        house.hub.publish({.client = client, .topics = topics}, event("x"));
    REQUIRE(receipt.receivers == expected);
    for (size_t i = 0; i < model.size(); ++i) {
      const bool gets =
          house.receivers[i]->subscribed() && meant(model[i], client, topics);
      REQUIRE(house.receivers[i]->frames.size() == (gets ? 1 : 0));
    }
  }
}

}  // namespace
}  // namespace rivulet::hub

// Tests hub/topic.h: a topic lives while somebody refers to it.
#include "hub/topic.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "../support/receiver.h"

namespace rivulet::hub {
namespace {

using test::Receiver;

TEST_CASE("a topic is one for all who open its name") {
  TopicDirectory directory;
  CHECK(directory.find("news") == nullptr);
  const TopicRef one = directory.open("news");
  const TopicRef other = directory.open("news");
  CHECK(one.get() == other.get());
  CHECK(directory.find("news") == one.get());
  CHECK(one->name == "news");
  CHECK(directory.open("new").get() != one.get());
  CHECK(directory.size() == 1);
}

TEST_CASE("a topic is gone with the last reference") {
  TopicDirectory directory;
  {
    const TopicRef one = directory.open("news");
    { const TopicRef other = one; }
    CHECK(directory.size() == 1);
  }
  CHECK(directory.size() == 0);
  CHECK(directory.find("news") == nullptr);
}

TEST_CASE("a member keeps its topic, and leaves it when it dies") {
  TopicDirectory directory;
  Receiver receiver;
  {
    Subscription membership;
    CHECK(membership.topic() == nullptr);
    membership.join(directory.open("news"), receiver);
    CHECK(directory.size() == 1);
    CHECK(membership.topic() == directory.find("news"));
    CHECK(&membership.subscriber() == &receiver);
    CHECK(membership.topic()->count == 1);
  }
  CHECK(directory.size() == 0);
}

TEST_CASE("a member that leaves leaves the others") {
  TopicDirectory directory;
  Receiver receiver;
  std::vector<Subscription> members(3);
  for (Subscription& member : members) {
    member.join(directory.open("news"), receiver);
  }
  members[1].leave();
  members[1].leave();
  const Topic* topic = directory.find("news");
  REQUIRE(topic != nullptr);
  CHECK(topic->count == 2);
  size_t visited = 0;
  topic->members.for_each([&](const Subscription&) { ++visited; });
  CHECK(visited == 2);
  members[0].leave();
  members[2].leave();
  CHECK(directory.size() == 0);
}

TEST_CASE("a member may come again, to another topic") {
  TopicDirectory directory;
  Receiver receiver;
  Subscription membership;
  membership.join(directory.open("a"), receiver);
  membership.leave();
  CHECK(membership.topic() == nullptr);
  membership.join(directory.open("b"), receiver);
  CHECK(membership.topic()->name == "b");
  CHECK(directory.size() == 1);
}

TEST_CASE("a reference keeps a topic without members, where it is") {
  TopicDirectory directory;
  Receiver receiver;
  const TopicRef kept = directory.open("a name that no small string holds");
  {
    Subscription membership;
    membership.join(kept, receiver);
  }
  std::vector<TopicRef> others;
  for (int n = 0; n < 1'000; ++n) {
    others.push_back(directory.open(std::to_string(n)));
  }
  CHECK(kept->count == 0);
  CHECK(directory.open("a name that no small string holds").get() ==
        kept.get());
  CHECK(kept->name == "a name that no small string holds");
}

}  // namespace
}  // namespace rivulet::hub

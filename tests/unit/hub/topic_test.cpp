// Tests hub/topic.h: a topic lives while somebody refers to it.
#include "hub/topic.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"

namespace rivulet::hub {
namespace {

using Slots = std::vector<uint32_t>;

Slots slots_of(const Topic& topic) {
  Slots all;
  topic.members.for_each([&all](uint32_t slot) { all.push_back(slot); });
  return all;
}

TEST_CASE("a topic is one for all who open its name") {
  TopicDirectory directory{base::HashKey()};
  CHECK(directory.find("news") == nullptr);
  const TopicRef one = directory.open("news");
  const TopicRef other = directory.open("news");
  CHECK(one.get() == other.get());
  CHECK(directory.find("news") == one.get());
  CHECK(one->name.view() == "news");
  CHECK(directory.open("new").get() != one.get());
  CHECK(directory.size() == 1);
}

TEST_CASE("a topic is gone with the last reference") {
  TopicDirectory directory{base::HashKey()};
  {
    const TopicRef one = directory.open("news");
    { const TopicRef other = one; }
    CHECK(directory.size() == 1);
  }
  CHECK(directory.size() == 0);
  CHECK(directory.find("news") == nullptr);
}

TEST_CASE("a member keeps its topic, and leaves it when it dies") {
  TopicDirectory directory{base::HashKey()};
  {
    Subscription membership;
    CHECK(membership.topic() == nullptr);
    membership.join(directory.open("news"), 7);
    CHECK(directory.size() == 1);
    CHECK(membership.topic() == directory.find("news"));
    CHECK(slots_of(*membership.topic()) == Slots{7});
  }
  CHECK(directory.size() == 0);
}

TEST_CASE("a member that leaves leaves the others") {
  TopicDirectory directory{base::HashKey()};
  std::vector<Subscription> members(3);
  for (size_t n = 0; n < members.size(); ++n) {
    members[n].join(directory.open("news"), static_cast<uint32_t>(3 - n));
  }
  members[1].leave();
  members[1].leave();
  const Topic* topic = directory.find("news");
  REQUIRE(topic != nullptr);
  CHECK(slots_of(*topic) == Slots{1, 3});
  members[0].leave();
  members[2].leave();
  CHECK(directory.size() == 0);
}

TEST_CASE("a member may come again, to another topic") {
  TopicDirectory directory{base::HashKey()};
  Subscription membership;
  membership.join(directory.open("a"), 7);
  membership.leave();
  CHECK(membership.topic() == nullptr);
  membership.join(directory.open("b"), 7);
  CHECK(membership.topic()->name.view() == "b");
  CHECK(directory.size() == 1);
}

TEST_CASE("a reference keeps a topic without members, where it is") {
  TopicDirectory directory{base::HashKey()};
  const TopicRef kept = directory.open("a name that no small string holds");
  {
    Subscription membership;
    membership.join(kept, 7);
  }
  std::vector<TopicRef> others;
  for (int n = 0; n < 1'000; ++n) {
    others.push_back(directory.open(std::to_string(n)));
  }
  CHECK(kept->members.empty());
  CHECK(directory.open("a name that no small string holds").get() ==
        kept.get());
  CHECK(kept->name.view() == "a name that no small string holds");
}

// Whatever comes and goes: buckets are split, and chains cut at both ends and
// in the middle on the way.
TEST_CASE("a directory holds what a map would hold") {
  constexpr size_t kSteps = 6'000;
  constexpr size_t kNames = 1'000;
  TopicDirectory directory{base::HashKey{.first = 1, .second = 2}};
  base::Random random(1);
  std::map<std::string, TopicRef> held;
  for (size_t step = 0; step < kSteps; ++step) {
    const std::string name = std::to_string(random.below(kNames));
    const bool opens = random.below(4) < (step < kSteps / 2 ? 3U : 1U);
    if (opens) {
      held[name] = directory.open(name);
    } else {
      held.erase(name);
    }
    CHECK(directory.size() == held.size());
    const auto known = held.find(name);
    const Topic* wanted = known == held.end() ? nullptr : known->second.get();
    CHECK(directory.find(name) == wanted);
  }
  for (const auto& [name, topic] : held) {
    CHECK(topic->name.view() == name);
    CHECK(directory.find(name) == topic.get());
  }
}

}  // namespace
}  // namespace rivulet::hub

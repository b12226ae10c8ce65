// Tests hub/client_index.h against a plain map, and through a hub, which is
// who gives subscribers their ids.
#include "hub/client_index.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "house.h"

namespace rivulet::hub {
namespace {

using test::House;
using test::Receiver;

std::vector<const Subscriber*> all_of(const Hub& hub, std::string_view id) {
  std::vector<const Subscriber*> found;
  hub.for_each_subscriber(
      id, [&found](const Subscriber& one) { found.push_back(&one); });
  return found;
}

TEST_CASE("nobody is found in an empty index") {
  const ClientIndex index({});
  CHECK(index.newest("ana") == nullptr);
  CHECK(index.newest("") == nullptr);
}

TEST_CASE("those of one id are found together, the newest first") {
  House house;
  const Receiver& first = house.join("ana");
  house.join("ben");
  const Receiver& second = house.join("ana");
  house.join("");
  const Receiver& third = house.join("ana");
  const std::vector<const Subscriber*> wanted = {&third, &second, &first};
  CHECK(all_of(house.hub, "ana") == wanted);
  CHECK(house.hub.subscriber_count("ana") == 3);
  CHECK(house.hub.subscriber_count("an") == 0);
  CHECK(house.hub.subscriber_count("") == 0);
}

// Whatever comes and goes, each id finds those who have it, in order; buckets
// are split and chains cut at both ends and in the middle on the way.
TEST_CASE("an index holds what a map would hold") {
  constexpr size_t kSteps = 6'000;
  House house;
  base::Random random(1);
  std::map<std::string, std::vector<const Subscriber*>> model;
  std::vector<std::pair<std::string, Receiver*>> present;
  for (size_t step = 0; step < kSteps; ++step) {
    const bool growing = step < kSteps / 2;
    if (present.empty() || random.below(4) < (growing ? 3U : 1U)) {
      const std::string id = std::to_string(random.below(1'000));
      present.emplace_back(id, &house.join(id));
      auto& same = model[id];
      same.insert(same.begin(), present.back().second);
    } else {
      std::swap(present[random.below(present.size())], present.back());
      const auto [id, receiver] = present.back();
      present.pop_back();
      receiver->leave(house.hub);
      std::erase(model[id], receiver);
    }
    const std::string asked = std::to_string(random.below(1'000));
    REQUIRE(all_of(house.hub, asked) == model[asked]);
  }
  for (const auto& [id, wanted] : model) {
    CHECK(all_of(house.hub, id) == wanted);
  }
}

}  // namespace
}  // namespace rivulet::hub

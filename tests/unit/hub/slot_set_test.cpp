// Tests hub/slot_set.h against std::set.
#include "hub/slot_set.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <new>
#include <set>
#include <vector>

#include "../support/out_of_memory.h"
#include "base/random.h"

namespace rivulet::hub {
namespace {

using Slots = std::vector<uint32_t>;

Slots all_of(const SlotSet& set) {
  Slots all;
  set.for_each([&all](uint32_t slot) { all.push_back(slot); });
  return all;
}

// Crowded, and so sparse that hardly two of them share a block.
TEST_CASE("whatever is added and removed, the rest are there in order") {
  for (const uint32_t limit : {200U, 4'000'000'000U}) {
    CAPTURE(limit);
    base::Random random(1);
    SlotSet set;
    std::set<uint32_t> model;
    for (size_t step = 0; step < 4'000; ++step) {
      const auto slot = static_cast<uint32_t>(random.below(limit));
      const auto at = model.lower_bound(slot);
      if (at == model.end() || (*at != slot && random.below(3) > 0)) {
        set.add(slot);
        model.insert(slot);
      } else {
        set.remove(*at);
        model.erase(at);
      }
      REQUIRE(set.size() == model.size());
      REQUIRE(set.empty() == model.empty());
      if (step % 50 == 0) {
        REQUIRE(all_of(set) == Slots(model.begin(), model.end()));
      }
    }
  }
}

TEST_CASE("the least and the greatest number are numbers like others") {
  SlotSet set;
  set.add(UINT32_MAX);
  set.add(0);
  CHECK(all_of(set) == Slots{0, UINT32_MAX});
  set.remove(0);
  CHECK(all_of(set) == Slots{UINT32_MAX});
}

TEST_CASE("without memory for one more it is as it was") {
  constexpr uint32_t kOtherBlock = 100;
  test::at_each_allocation([](test::Fault& fault) {
    SlotSet set;
    bool added = false;
    set.add(1);
    fault.during([&] {
      try {
        set.add(kOtherBlock);
        added = true;
      } catch (const std::bad_alloc&) {
      }
    });
    CHECK(added == !fault.struck);
    CHECK(all_of(set) == (added ? Slots{1, kOtherBlock} : Slots{1}));
    CHECK(set.size() == (added ? 2 : 1));
  });
}

}  // namespace
}  // namespace rivulet::hub

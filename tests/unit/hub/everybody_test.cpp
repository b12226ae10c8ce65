// Tests hub/everybody.h: who is there, in order of their slots.
#include "hub/everybody.h"

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <vector>

#include "../support/receiver.h"
#include "base/random.h"

namespace rivulet::hub {
namespace {

using test::Receiver;
using Found = std::vector<const Subscriber*>;

Found all_of(const Everybody& everybody) {
  Found found;
  everybody.for_each([&found](Subscriber& one) { found.push_back(&one); });
  return found;
}

TEST_CASE("nobody is visited when there is nobody") {
  const Everybody everybody;
  CHECK(everybody.size() == 0);
  CHECK(all_of(everybody).empty());
}

TEST_CASE("one is subscribed while it is among everybody") {
  Everybody everybody;
  Receiver one;
  CHECK_FALSE(one.subscribed());
  everybody.add(one);
  CHECK(one.subscribed());
  everybody.remove(one);
  CHECK_FALSE(one.subscribed());
  CHECK(everybody.size() == 0);
  everybody.add(one);
  CHECK(all_of(everybody) == Found{&one});
}

TEST_CASE("some are visited by their slots, and nobody else") {
  Everybody everybody;
  std::vector<std::unique_ptr<Receiver>> owned;
  SlotSet some;
  Found wanted;
  for (uint32_t slot = 0; slot < 100; ++slot) {
    owned.push_back(std::make_unique<Receiver>(slot));
    everybody.add(*owned.back());
    if (slot % 7 != 3) continue;
    some.add(slot);
    wanted.push_back(owned.back().get());
  }
  Found found;
  everybody.for_each_of(some, [&](Subscriber& one) { found.push_back(&one); });
  CHECK(found == wanted);
}

TEST_CASE("whoever comes and goes, the rest are visited by their slots") {
  constexpr size_t kSteps = 20'000;
  constexpr uint32_t kSlots = 2'000;
  Everybody everybody;
  base::Random random(1);
  std::map<uint32_t, Receiver> model;
  for (size_t step = 0; step < kSteps; ++step) {
    // A tide: they come for a while, and then most go.
    const bool rising = step / 1'000 % 2 == 0;
    const auto slot = static_cast<uint32_t>(random.below(kSlots));
    const auto entry = model.lower_bound(slot);
    if (entry == model.end() || random.below(8) < (rising ? 7U : 1U)) {
      const auto [fresh, is_new] = model.try_emplace(slot, slot);
      if (is_new) everybody.add(fresh->second);
    } else {
      everybody.remove(entry->second);
      model.erase(entry);
    }
    REQUIRE(everybody.size() == model.size());
    if (step % 100 != 0) continue;
    Found wanted;
    for (const auto& one : model) wanted.push_back(&one.second);
    REQUIRE(all_of(everybody) == wanted);
  }
}

}  // namespace
}  // namespace rivulet::hub

// Tests hub/everybody.h: the order of arrival, with and without holes.
#include "hub/everybody.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "../support/receiver.h"
#include "base/random.h"

namespace rivulet::hub {
namespace {

using test::Receiver;

std::vector<const Subscriber*> all_of(const Everybody& everybody) {
  std::vector<const Subscriber*> found;
  everybody.for_each([&found](Subscriber& one) { found.push_back(&one); });
  return found;
}

TEST_CASE("nobody is visited when there is nobody") {
  Everybody everybody;
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
  CHECK(all_of(everybody) == std::vector<const Subscriber*>{&one});
}

TEST_CASE("whoever comes and goes, the rest are visited as they came") {
  constexpr size_t kSteps = 20'000;
  Everybody everybody;
  base::Random random(1);
  std::vector<std::unique_ptr<Receiver>> owned;
  std::vector<const Subscriber*> model;
  for (size_t step = 0; step < kSteps; ++step) {
    // A tide: they come for a while, and then most go.
    const bool rising = step / 1'000 % 2 == 0;
    if (model.empty() || random.below(8) < (rising ? 7U : 1U)) {
      owned.push_back(std::make_unique<Receiver>());
      everybody.add(*owned.back());
      model.push_back(owned.back().get());
    } else {
      const size_t which = random.below(owned.size());
      everybody.remove(*owned[which]);
      std::erase(model, owned[which].get());
      owned.erase(owned.begin() + static_cast<ptrdiff_t>(which));
    }
    REQUIRE(everybody.size() == model.size());
    if (step % 100 == 0) REQUIRE(all_of(everybody) == model);
  }
  CHECK(all_of(everybody) == model);
}

}  // namespace
}  // namespace rivulet::hub

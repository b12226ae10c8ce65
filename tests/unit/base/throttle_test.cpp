// Tests of base::Throttle and base::Random.
#include "base/throttle.h"

#include <doctest/doctest.h>

#include <array>

#include "base/random.h"

namespace rivulet::base {
namespace {

TEST_CASE("the first passes, then one each period for all between") {
  Throttle throttle(Duration(100));
  const Time start{Duration(1'000)};
  CHECK(throttle.count(start) == 1);
  for (int n = 1; n < 100; ++n) {
    CHECK(throttle.count(start + Duration(n)) == std::nullopt);
  }
  CHECK(throttle.count(start + Duration(100)) == 100);
  CHECK(throttle.count(start + Duration(101)) == std::nullopt);
  CHECK(throttle.count(start + Duration(999)) == 2);
}

TEST_CASE("the first passes at the very start of the clock too") {
  Throttle throttle(Duration(100));
  CHECK(throttle.count(Time{}) == 1);
}

TEST_CASE("the same seed gives the same numbers, another seed others") {
  Random first(7);
  Random second(7);
  Random other(8);
  bool differs = false;
  for (int n = 0; n < 100; ++n) {
    const uint64_t number = first.next();
    CHECK(number == second.next());
    differs = differs || number != other.next();
  }
  CHECK(differs);
}

TEST_CASE("numbers below a bound are all met, and none past it") {
  Random random(1);
  std::array<int, 10> met{};
  for (int n = 0; n < 1'000; ++n) ++met.at(random.below(10));
  for (const int count : met) CHECK(count > 50);
}

}  // namespace
}  // namespace rivulet::base

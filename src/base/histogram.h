// How often something took how long: counts in fixed buckets from ten
// microseconds to a second, and the sum of all. Counting is a search among
// sixteen numbers and an increment; nothing is allocated.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "base/state.h"

namespace rivulet::base {

class Histogram {
 public:
  // What each bucket has at most; one more bucket has all that is longer.
  static constexpr std::array<FineDuration, 16> kBounds{
      std::chrono::microseconds(10),  std::chrono::microseconds(25),
      std::chrono::microseconds(50),  std::chrono::microseconds(100),
      std::chrono::microseconds(250), std::chrono::microseconds(500),
      std::chrono::milliseconds(1),   std::chrono::microseconds(2500),
      std::chrono::milliseconds(5),   std::chrono::milliseconds(10),
      std::chrono::milliseconds(25),  std::chrono::milliseconds(50),
      std::chrono::milliseconds(100), std::chrono::milliseconds(250),
      std::chrono::milliseconds(500), std::chrono::milliseconds(1000)};
  static constexpr size_t kBuckets = kBounds.size() + 1;

  void observe(FineDuration took) {
    const auto* const bound =
        std::lower_bound(kBounds.begin(), kBounds.end(), took);
    ++counts_[static_cast<size_t>(bound - kBounds.begin())];
    sum_ += took;
  }

  // How many fell into one bucket, the last being that without a bound.
  [[nodiscard]] uint64_t count(size_t bucket) const { return counts_[bucket]; }
  [[nodiscard]] FineDuration sum() const { return sum_; }

  void carry(State& state) {
    for (uint64_t& count : counts_) state.number(count);
    auto sum = static_cast<uint64_t>(sum_.count());
    state.number(sum);
    sum_ = FineDuration(static_cast<FineDuration::rep>(sum));
  }

 private:
  std::array<uint64_t, kBuckets> counts_{};
  FineDuration sum_{};
};

}  // namespace rivulet::base

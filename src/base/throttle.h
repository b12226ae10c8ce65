// Lets the first of many like things through, then one each period, and counts
// those between: so that a flood of refusals does not become a flood of lines.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace rivulet::base {

// How often there is a line of one kind that a crowd can cause.
inline constexpr Duration kLogEvery{5'000};

class Throttle {
 public:
  explicit Throttle(Duration period) : period_(period) {}

  // Counts one more. When a line is due: how many it stands for, itself too.
  [[nodiscard]] std::optional<uint64_t> count(Time now) {
    ++waiting_;
    if (quiet_until_ && now < *quiet_until_) return std::nullopt;
    quiet_until_ = now + period_;
    const uint64_t passed = waiting_;
    waiting_ = 0;
    return passed;
  }

 private:
  Duration period_;
  std::optional<Time> quiet_until_;
  uint64_t waiting_ = 0;
};

}  // namespace rivulet::base

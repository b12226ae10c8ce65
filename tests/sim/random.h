// The one source of chance in a simulation. Everything that is drawn comes
// from a seed, so the same seed makes the same run (splitmix64).
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace rivulet::sim {

// What is drawn as a number, as a time.
inline base::Duration milliseconds(size_t count) {
  return base::Duration(static_cast<int64_t>(count));
}

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t next() {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  }

  // From 0 to `count` - 1.
  size_t below(size_t count) {
    assert(count > 0);
    return static_cast<size_t>(next() % count);
  }

  // From `least` to `most`, both of them possible.
  size_t between(size_t least, size_t most) {
    return least + below(most - least + 1);
  }

  // As between(), but small numbers are as likely as large ones: every power
  // of two has the same share.
  size_t of_any_size(size_t least, size_t most) {
    size_t top = most;
    while (top > least && chance(0.5)) top = least + (top - least) / 2;
    return between(least, top);
  }

  bool chance(double probability) {
    constexpr double kStep = 1.0 / 9007199254740992.0;  // 2^-53
    return static_cast<double>(next() >> 11U) * kStep < probability;
  }

  template <typename Array>
  const auto& pick(const Array& from) {
    return from[below(from.size())];
  }

  // Another source, so that what one part draws does not shift the other's.
  Random fork() { return Random(next()); }

 private:
  uint64_t state_;
};

}  // namespace rivulet::sim

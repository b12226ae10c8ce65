// Random numbers that only have to spread things out: jitter, not secrets.
// One generator, seeded in one place, so that a test can choose the seed.
#pragma once

#include <cassert>
#include <cstdint>

namespace rivulet::base {

// SplitMix64 (Steele, Lea, Flood 2014): one word of state, good enough to
// spread a crowd.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t next() {
    state_ += 0x9E3779B97F4A7C15U;
    uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31U);
  }

  // From 0 to bound - 1, which is near enough to even for small bounds.
  uint64_t below(uint64_t bound) {
    assert(bound > 0);
    return next() % bound;
  }

 private:
  uint64_t state_;
};

}  // namespace rivulet::base

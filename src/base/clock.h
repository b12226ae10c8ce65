// The two clocks of the program, as types that cannot be mixed up.
//
// The loop and all in it ask the reactor what time it is, which reads the clock
// after each sleep (os/reactor.h). A test or a simulation thus decides what
// time it is.
#pragma once

#include <chrono>
#include <cstdint>

namespace rivulet::base {

using Duration = std::chrono::milliseconds;

// Milliseconds of a clock that never goes back (CLOCK_MONOTONIC), for
// deadlines and intervals.
struct MonotonicClock {
  using rep = int64_t;
  using period = std::milli;
  using duration = Duration;
  using time_point = std::chrono::time_point<MonotonicClock>;
  static constexpr bool is_steady = true;
};
using Time = MonotonicClock::time_point;

// The same clock as fine as it goes, for how long work takes.
using FineDuration = std::chrono::nanoseconds;
using FineTime = std::chrono::time_point<MonotonicClock, FineDuration>;

// Seconds since 1970 UTC, for what people read: the Date header.
using WallSeconds = std::chrono::sys_seconds;

}  // namespace rivulet::base

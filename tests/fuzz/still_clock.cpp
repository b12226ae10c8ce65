// In place of os/clock.cpp: time stands still, so that a machine which stops
// for a while does not make a deadline pass, and an input shows the same each
// time. A target that wants a deadline to pass says so to its list.
#include "os/clock.h"

namespace rivulet::os {

base::FineTime read_monotonic_clock() {
  constexpr base::Duration kSomeTime{1'000'000};
  return base::FineTime(kSomeTime);
}

base::WallSeconds read_wall_clock() {
  constexpr std::chrono::seconds kSomeDay{1'000'000'000};
  return base::WallSeconds(kSomeDay);
}

}  // namespace rivulet::os

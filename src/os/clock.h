// Reads the two clocks of base/clock.h from the kernel. Only the reactor asks:
// around each sleep, and for whoever wants to know how long something takes.
// Tests that decide what time it is put their own in this place.
#pragma once

#include "base/clock.h"

namespace rivulet::os {

[[nodiscard]] base::FineTime read_monotonic_clock();
[[nodiscard]] base::WallSeconds read_wall_clock();

}  // namespace rivulet::os

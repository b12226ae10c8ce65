// Reads the two clocks of base/clock.h from the kernel. In the loop only the
// reactor asks, around each sleep and for whoever measures (os/reactor.h);
// outside it, os/client.h. Tests that decide what time it is link their own.
#pragma once

#include "base/clock.h"

namespace rivulet::os {

[[nodiscard]] base::FineTime read_monotonic_clock();
[[nodiscard]] base::WallSeconds read_wall_clock();

}  // namespace rivulet::os

#include "os/clock.h"

#include <chrono>

namespace rivulet::os {

base::FineTime read_monotonic_clock() {
  return base::FineTime(std::chrono::steady_clock::now().time_since_epoch());
}

base::WallSeconds read_wall_clock() {
  return std::chrono::floor<std::chrono::seconds>(
      std::chrono::system_clock::now());
}

}  // namespace rivulet::os

#include "os/clock.h"

#include <chrono>

namespace rivulet::os {

base::Time read_monotonic_clock() {
  const auto since_boot = std::chrono::steady_clock::now().time_since_epoch();
  return base::Time(std::chrono::duration_cast<base::Duration>(since_boot));
}

base::WallSeconds read_wall_clock() {
  return std::chrono::floor<std::chrono::seconds>(
      std::chrono::system_clock::now());
}

}  // namespace rivulet::os

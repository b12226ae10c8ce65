// What the process takes of the machine at this moment, as the kernel has it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace rivulet::os {

struct ProcessUsage {
  std::chrono::microseconds cpu{};  // user and system, since it started
  // Nothing when the kernel does not say: /proc may be missing, or no
  // descriptor left to look there.
  std::optional<uint64_t> resident_bytes{};
  std::optional<uint64_t> descriptors{};
  uint64_t descriptor_limit = 0;
};

// Some system calls; before Linux 6.2, one more for each few descriptors.
[[nodiscard]] ProcessUsage process_usage();

}  // namespace rivulet::os

// What the processor counts of this process, apart from the kernel: how often
// it waited for memory, which is why more streams cost more each. Many virtual
// machines do not let it be seen, and perf_event_paranoid may forbid it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rivulet::bench {

class Counters {
 public:
  static constexpr size_t kKinds = 2;
  static constexpr std::array<std::string_view, kKinds> kNames = {
      "cache misses", "TLB misses"};
  using Counts = std::array<uint64_t, kKinds>;

  Counters();
  ~Counters();
  Counters(const Counters&) = delete;
  Counters& operator=(const Counters&) = delete;

  // Why there are no counts; empty when there are.
  [[nodiscard]] const std::string& missing() const { return missing_; }

  // Since this was made; zeroes when there are none.
  [[nodiscard]] Counts read() const;

 private:
  std::array<int, kKinds> descriptors_{};
  std::string missing_;
};

}  // namespace rivulet::bench

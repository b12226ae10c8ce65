#include "counters.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace rivulet::bench {
namespace {

struct Kind {
  uint32_t type;
  uint64_t config;
};

constexpr uint64_t kDataTlbReadMisses =
    PERF_COUNT_HW_CACHE_DTLB | uint64_t{PERF_COUNT_HW_CACHE_OP_READ} << 8U |
    uint64_t{PERF_COUNT_HW_CACHE_RESULT_MISS} << 16U;
constexpr std::array<Kind, Counters::kKinds> kEvents = {{
    {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES},
    {PERF_TYPE_HW_CACHE, kDataTlbReadMisses},
}};

int open_counter(const Kind& kind) {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = kind.type;
  attributes.config = kind.config;
  attributes.exclude_kernel = 1;
  attributes.exclude_hv = 1;
  constexpr int kThisProcess = 0;
  constexpr int kAnyProcessor = -1;
  constexpr int kNoGroup = -1;
  return static_cast<int>(::syscall(SYS_perf_event_open, &attributes,
                                    kThisProcess, kAnyProcessor, kNoGroup,
                                    PERF_FLAG_FD_CLOEXEC));
}

}  // namespace

Counters::Counters() {
  for (size_t i = 0; i < kEvents.size(); ++i) {
    descriptors_[i] = open_counter(kEvents[i]);
    if (descriptors_[i] < 0 && missing_.empty()) {
      missing_ = std::string("perf_event_open: ") + std::strerror(errno);
    }
  }
}

Counters::~Counters() {
  for (const int descriptor : descriptors_) {
    if (descriptor >= 0) ::close(descriptor);
  }
}

Counters::Counts Counters::read() const {
  Counts counts{};
  for (size_t i = 0; missing_.empty() && i < counts.size(); ++i) {
    const ssize_t size = ::read(descriptors_[i], &counts[i], sizeof counts[i]);
    if (size != ssize_t{sizeof counts[i]}) counts[i] = 0;
  }
  return counts;
}

}  // namespace rivulet::bench

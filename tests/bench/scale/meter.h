// Measures one thing several times: what it costs each receiver, in the time of
// the processor, for others may use the machine as well.
#pragma once

#include <algorithm>
#include <array>
#include <ctime>
#include <vector>

#include "counters.h"

namespace rivulet::bench {

struct Figure {
  double value = 0;  // as the row says
  std::array<double, Counters::kKinds> counts{};
};

class Meter {
 public:
  // `work()` answers how many receivers it has served.
  template <typename Work>
  void measure(Work work) {
    const Counters::Counts before = counters_.read();
    const double start = processor_nanoseconds();
    const auto receivers = static_cast<double>(work());
    const double took = processor_nanoseconds() - start;
    const Counters::Counts after = counters_.read();
    samples_.push_back(took / receivers);
    receivers_ += receivers;
    for (size_t i = 0; i < after.size(); ++i)
      counts_[i] += after[i] - before[i];
  }

  // The median in nanoseconds, and the means of what was counted.
  [[nodiscard]] Figure figure() {
    std::sort(samples_.begin(), samples_.end());
    Figure figure{.value = samples_[samples_.size() / 2]};
    for (size_t i = 0; i < counts_.size(); ++i) {
      figure.counts[i] = static_cast<double>(counts_[i]) / receivers_;
    }
    return figure;
  }

 private:
  static double processor_nanoseconds() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 +
           static_cast<double>(now.tv_nsec);
  }

  Counters counters_;
  std::vector<double> samples_;
  double receivers_ = 0;
  Counters::Counts counts_{};
};

}  // namespace rivulet::bench

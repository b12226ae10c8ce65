// The books of one phase of the load: when each event was sent, and that each
// stream got each event once and all streams got them in one order. Events are
// numbered; numbers go on from phase to phase, so that a stray of an earlier
// one is noticed.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bench {

using Clock = std::chrono::steady_clock;

// Where one stream is.
struct Place {
  uint32_t position = 0;  // in the common order
  uint32_t received = 0;
};

class Ledger {
 public:
  // With one publish in flight at a time the order is known; with more, the
  // first stream to get so far decides what comes next for all.
  Ledger(uint32_t first, uint32_t count, size_t streams, bool in_sequence)
      : first_(first),
        sent_(count),
        order_(count, kUnknown),
        position_(count, kUnknown) {
    latencies_.reserve(count * streams);
    if (!in_sequence) return;
    for (uint32_t i = 0; i < count; ++i) order_[i] = position_[i] = i;
  }

  void sent(uint32_t number, Clock::time_point now) {
    sent_[number - first_] = now;
  }

  void arrived(Place& place, uint32_t number, Clock::time_point now) {
    const uint32_t event = number - first_;
    if (event >= sent_.size()) return void(++out_of_order_);  // a stray
    ++place.received;
    latencies_.push_back(microseconds(now - sent_[event]));
    decide(place.position, event);
    const uint32_t position = position_[event];
    if (position == kUnknown || position < place.position) {
      ++out_of_order_;
    } else {
      place.position = position + 1;  // what it skips is lost, or comes late
    }
  }

  [[nodiscard]] size_t deliveries() const { return latencies_.size(); }
  [[nodiscard]] size_t out_of_order() const { return out_of_order_; }
  // Of a stream at the end.
  [[nodiscard]] size_t lost(const Place& place) const {
    return sent_.size() - std::min<size_t>(sent_.size(), place.received);
  }

  // The latency, in microseconds, that so large a share of deliveries had at
  // the most.
  [[nodiscard]] uint32_t latency(double share) {
    if (latencies_.empty()) return 0;
    const auto last = static_cast<double>(latencies_.size() - 1);
    const auto at = latencies_.begin() + static_cast<ptrdiff_t>(last * share);
    std::nth_element(latencies_.begin(), at, latencies_.end());
    return *at;
  }

 private:
  static constexpr uint32_t kUnknown = UINT32_MAX;

  void decide(uint32_t position, uint32_t event) {
    if (position >= order_.size() || order_[position] != kUnknown) return;
    if (position_[event] != kUnknown) return;
    order_[position] = event;
    position_[event] = position;
  }

  static uint32_t microseconds(Clock::duration duration) {
    using std::chrono::duration_cast, std::chrono::microseconds;
    return static_cast<uint32_t>(duration_cast<microseconds>(duration).count());
  }

  uint32_t first_;
  std::vector<Clock::time_point> sent_;
  std::vector<uint32_t> order_;     // the event at each position
  std::vector<uint32_t> position_;  // of each event
  std::vector<uint32_t> latencies_;
  size_t out_of_order_ = 0;
};

}  // namespace bench

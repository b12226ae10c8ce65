// What the server counts of itself since it started, as plain numbers: whoever
// does a thing adds one where it is done. /metrics shows them, beside what can
// be asked of their owners at that moment (routes_metrics.cpp).
//
// On the path of a delivery nothing is counted; on that of a write two sums
// grow. The clock is read around each sleep of the loop, and around each
// publish to many.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/histogram.h"
#include "http/status.h"
#include "hub/hub.h"
#include "server/end_reason.h"
#include "server/refusals.h"

namespace rivulet::server {

// Whom a published event is for.
enum class Reach : uint8_t { kBroadcast, kTopic, kClient };
inline constexpr size_t kReaches = size_t(Reach::kClient) + 1;

[[nodiscard]] inline Reach reach_of(const hub::Target& target) {
  if (!target.client.empty()) return Reach::kClient;
  return target.topics.empty() ? Reach::kBroadcast : Reach::kTopic;
}

// Requests are counted by the first digit of their status.
inline constexpr size_t kStatusClasses = 6;
inline constexpr size_t kStatusesOfAClass = 100;

struct Metrics {
  // ---- streams
  uint64_t streams_opened = 0;
  std::array<uint64_t, kEndReasons> streams_ended{};
  std::array<uint64_t, kStreamRefusals> streams_refused{};
  uint64_t events_sent = 0;  // written to the last byte
  uint64_t bytes_sent = 0;

  // ---- clients that say what they saw last, and what they were told is gone
  uint64_t replays_complete = 0;
  uint64_t replays_with_gap = 0;
  uint64_t gaps_told = 0;  // at the opening of a stream or later

  // ---- ended to keep memory-limit
  uint64_t streams_evicted = 0;
  uint64_t connections_evicted = 0;

  // ---- events in
  std::array<uint64_t, kReaches> published{};
  uint64_t deliveries = 0;
  base::Histogram fan_outs;  // of events for many

  // ---- connections and requests
  uint64_t connections_accepted = 0;
  std::array<uint64_t, kConnectionRefusals> connections_refused{};
  std::array<uint64_t, kStatusClasses> requests{};

  // ---- the configuration, read again (SIGHUP)
  uint64_t reloads_taken = 0;
  uint64_t reloads_failed = 0;
  bool last_reload_taken = true;  // before the first: what it started with

  // ---- another binary (SIGUSR2)
  uint64_t upgrades_done = 0;
  uint64_t upgrades_failed = 0;

  // ---- the loop
  base::Histogram turns;  // from waking up to the next sleep

  // Into and out of the state of a server (upgrade.h).
  void carry(base::State& state);

  void count_publish(Reach reach, const hub::Receipt& receipt) {
    if (receipt.sequence == 0) return;  // for a client that is not there
    ++published[static_cast<size_t>(reach)];
    deliveries += receipt.receivers;
  }
  void count_request(http::Status status) {
    ++requests[static_cast<size_t>(status) / kStatusesOfAClass];
  }
};

}  // namespace rivulet::server

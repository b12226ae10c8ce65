#include "server/context.h"

#include <fmt/format.h>

#include <algorithm>

namespace rivulet::server {

hub::Receipt Context::publish(const hub::Target& target,
                              const sse::Event& event) {
  const Reach reach = reach_of(target);
  const hub::Receipt receipt = reach == Reach::kClient
                                   ? hub.publish(target, event)
                                   : timed_publish(target, event);
  metrics.count_publish(reach, receipt);
  publish_turns.charge(receipt.visited + kCostOfAPublish +
                       target.topics.size());
  return receipt;
}

// To many: the clock is then the least of what it costs.
hub::Receipt Context::timed_publish(const hub::Target& target,
                                    const sse::Event& event) {
  const base::FineTime start = os::Reactor::fine_now();
  const hub::Receipt receipt = hub.publish(target, event);
  metrics.fan_outs.observe(os::Reactor::fine_now() - start);
  return receipt;
}

const sse::FrameRef& Context::opening() {
  return openings_[random.below(kOpenings)];
}

// Spread evenly from `retry` to half more.
std::array<sse::FrameRef, Context::kOpenings> Context::encode_openings(
    base::Duration retry) {
  const auto usual = static_cast<uint64_t>(retry.count());
  std::array<sse::FrameRef, kOpenings> openings;
  for (size_t i = 0; i < kOpenings; ++i) {
    openings[i] = sse::encode_opening(usual + usual * i / (2 * kOpenings));
  }
  return openings;
}

std::string Context::later_retry() {
  // From twice to six times the usual: a crowd of those who come back spreads
  // over several times the usual wait.
  const auto usual = static_cast<uint64_t>(
      std::max<base::Duration::rep>(settings.retry.count(), 100));
  return fmt::format("retry: {}\n", 2 * usual + random.below(4 * usual + 1));
}

}  // namespace rivulet::server

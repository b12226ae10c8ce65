#include "server/context.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

#include "server/stream.h"

namespace rivulet::server {
namespace {

// A crowd that is sent away spreads over so long at least, even where streams
// are to come back at once.
constexpr base::Duration kShortestRetry{100};

}  // namespace

// Whoever made something of the settings makes it anew here. All that takes
// memory comes first, and then nothing can fail.
void Context::reload(Settings wanted) {
  static_cast<FixedSettings&>(wanted) = settings;
  PublishTokens tokens(wanted.publish_tokens, wanted.hash_key);
  SubscribeTokens keys(wanted.subscribe_keys);
  auto openings = encode_openings(wanted.retry);
  Page folder(wanted.www);
  const bool limited = wanted.max_streams_per_address > 0;
  const bool was_limited = settings.max_streams_per_address > 0;
  Admission counted = count_streams(wanted);

  settings_ = std::move(wanted);
  publish_tokens = std::move(tokens);
  subscribe_tokens = std::move(keys);
  openings_ = std::move(openings);
  page = std::move(folder);
  hub.limit_history(settings.history);
  if (limited != was_limited) admission.take_counts(std::move(counted));
  held_memory.set_limit(settings.memory_limit);
  deadlines.reload(settings);
}

// The open streams, when `wanted` has them counted and they were not so far.
Admission Context::count_streams(const Settings& wanted) const {
  Admission counted(wanted, hub);
  if (settings.max_streams_per_address > 0) return counted;
  if (wanted.max_streams_per_address == 0) return counted;
  hub.for_each_subscriber([&counted](const hub::Subscriber& subscriber) {
    // Whoever subscribes in this server is a stream.
    counted.enter(static_cast<const Stream&>(subscriber).peer());
  });
  return counted;
}

hub::Receipt Context::publish(const hub::Target& target,
                              const sse::Event& event) {
  return count(target, [&] { return hub.publish(target, event); });
}

void Context::deliver(hub::EventId id, const hub::Target& target,
                      const sse::Event& event) {
  count(target, [&] { return hub.publish_as(id, target, event); });
}

// Timed only when it goes to many: reading the clock is then the least of what
// it costs.
template <typename Publish>
hub::Receipt Context::count(const hub::Target& target, Publish publish) {
  const Reach reach = reach_of(target);
  const bool timed = reach != Reach::kClient;
  const base::FineTime start =
      timed ? os::Reactor::fine_now() : base::FineTime();
  const hub::Receipt receipt = publish();
  if (timed) metrics.fan_outs.observe(os::Reactor::fine_now() - start);
  metrics.count_publish(reach, receipt);
  publish_turns.charge(receipt.visited + kCostOfAPublish +
                       target.topics.size());
  return receipt;
}

void Context::end_watchers() {
  try {
    stats.end(later_retry());
  } catch (const std::bad_alloc&) {
    stats.end({});
  }
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
  const auto usual =
      static_cast<uint64_t>(std::max(settings.retry, kShortestRetry).count());
  return fmt::format("retry: {}\n", 2 * usual + random.below(4 * usual + 1));
}

}  // namespace rivulet::server

#include "server/stats.h"

#include <fmt/format.h>

#include <new>
#include <numeric>
#include <string>

#include "base/text.h"
#include "server/context.h"

namespace rivulet::server {
namespace {

uint64_t ended(const Metrics& metrics, EndReason reason) {
  return metrics.streams_ended[static_cast<size_t>(reason)];
}

// The id of the newest event, or null.
std::string newest(const hub::Hub& hub) {
  const uint64_t sequence = hub.history().next() - 1;
  const std::string id = sequence == 0 ? "" : hub.id_text(sequence);
  return id.empty() ? "null" : '"' + id + '"';
}

}  // namespace

void Stats::join(Watcher& watcher) {
  watchers_.push_back(watcher);
  ++watchers_count_;
  if (!due_) due_ = context_.reactor.now() + kPeriod;
}

void Stats::leave(Watcher& watcher) {
  watchers_.remove(watcher);
  if (--watchers_count_ == 0) due_.reset();
}

sse::FrameRef Stats::figures() const {
  const Metrics& metrics = context_.metrics;
  const uint64_t published = std::accumulate(
      metrics.published.begin(), metrics.published.end(), uint64_t{});
  const std::string data = fmt::format(
      R"({{"milliseconds":{},"streams":{},"published":{},"deliveries":{},)"
      R"("sent":{},"sent_bytes":{},"queued_bytes":{},)"
      R"("queued_bytes_limit":{},"slow":{},"gaps":{},"newest":{}}})",
      context_.reactor.now().time_since_epoch().count(),
      context_.hub.subscriber_count(), published, metrics.deliveries,
      metrics.events_sent, metrics.bytes_sent, context_.held_memory.bytes(),
      context_.settings.memory_limit,
      ended(metrics, EndReason::kSlow) + ended(metrics, EndReason::kTimeout),
      metrics.gaps_told, newest(context_.hub));
  return sse::encode_event({.name = "stats", .data = data});
}

// Without memory for the figures nobody sees them, this time.
void Stats::run_due() {
  const base::Time now = context_.reactor.now();
  if (!due_ || now < *due_) return;
  due_ = now + kPeriod;
  try {
    show(figures());
  } catch (const std::bad_alloc&) {
    return;
  }
}

void Stats::show(const sse::FrameRef& figures) {
  watchers_.for_each([&figures](Watcher& watcher) { watcher.show(figures); });
}

void Stats::end(std::string_view last_words) {
  watchers_.for_each([last_words](Watcher& watcher) {
    try {
      watcher.end(last_words);
    } catch (const std::bad_alloc&) {
      watcher.on_no_memory();  // it ends without a word
    }
  });
}

}  // namespace rivulet::server

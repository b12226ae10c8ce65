#include "hub/history.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace rivulet::hub {
namespace {

// The frame's bytes and header, the entry, what malloc adds, and the names of
// those it was for: the history may be all that keeps a topic.
size_t cost_of(const History::Entry& entry) {
  constexpr size_t kMalloc = 16;
  constexpr size_t kBucket = sizeof(void*);
  size_t cost = entry.frame->chunked().size() + sizeof(sse::Frame) + kMalloc +
                sizeof(History::Entry) + entry.audience.client.view().size();
  for (const TopicRef& topic : entry.audience.topics) {
    cost += sizeof(TopicRef) + kMalloc + sizeof(Topic) + kMalloc + kBucket +
            topic->name.view().size();
  }
  return cost;
}

}  // namespace

void History::prefetch_oldest() const {
  if (entries_.size() < limits_.events || entries_.empty()) return;
  const Entry& oldest = entries_.front();
  __builtin_prefetch(oldest.frame.get(), 1);
  for (const TopicRef& topic : oldest.audience.topics) {
    __builtin_prefetch(&topic->references, 1);
  }
}

void History::append(Entry entry) {
  if (enabled()) {
    const size_t cost = cost_of(entry);
    entries_.push_back(std::move(entry));
    bytes_ += cost;
  } else {
    given_up_ = entry.id;
  }
  ++next_;
  keep_limits();
}

void History::set_limits(HistoryLimits limits) {
  limits_ = limits;
  keep_limits();
}

void History::keep_limits() {
  while (entries_.size() > limits_.events || bytes_ > limits_.bytes) {
    give_up_oldest();
  }
}

void History::clear() {
  while (!entries_.empty()) give_up_oldest();
  given_up_ = {};
}

void History::give_up_oldest() {
  given_up_ = entries_.front().id;
  bytes_ -= cost_of(entries_.front());
  entries_.pop_front();
}

std::optional<uint64_t> History::after(EventId id) const {
  if (id == given_up_) return first();
  if (entries_.empty() || id < entries_.front().id) return std::nullopt;
  const auto next = std::ranges::upper_bound(entries_, id, {}, &Entry::id);
  return first() + static_cast<uint64_t>(next - entries_.begin());
}

const History::Entry& History::at(uint64_t sequence) const {
  assert(sequence >= first() && sequence < next_);
  return entries_[static_cast<size_t>(sequence - first())];
}

}  // namespace rivulet::hub

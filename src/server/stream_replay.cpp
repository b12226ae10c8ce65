// How a stream brings its client up to date: slice by slice from the history,
// or from Redis where that holds no more; and what it says of what is gone.
#include <cassert>
#include <new>
#include <string>

#include "base/text.h"
#include "hub/hub.h"
#include "server/gap.h"
#include "server/stream.h"

namespace rivulet::server {

// Says which events the client will never see: those after the last that it
// knows, and before the first that is held. The gap's own id lets it go on
// from there.
bool Stream::queue_gap(std::string_view last_event_id) {
  const uint64_t first = context_.hub.history().first();
  return tell_gap(base::is_valid_utf8(last_event_id) ? last_event_id : "",
                  context_.hub.id_text(first), context_.hub.id_text(first - 1));
}

bool Stream::tell_gap(std::string_view after, std::string_view before,
                      std::string_view id) {
  const std::string missing = gap_data(after, before);
  ++context_.metrics.gaps_told;
  return queue_.push(
      sse::encode_event({.name = "gap", .data = missing, .id = id}));
}

// Of a client that has seen what only Redis remembers. False without memory.
bool Stream::begin_recall(const OpenStream& wanted) {
  const auto seen =
      hub::parse_event_id(*wanted.last_event_id, hub::IdSystem::kRedis);
  try {
    context_.cluster->recalls().begin(*this, seen.value_or(hub::EventId()));
  } catch (const std::bad_alloc&) {
    return false;
  }
  context_.deadlines.heartbeat.arm(*this, context_.reactor.now());
  return true;
}

// Counted here, for it has no sequence number that would show when it has been
// written.
bool Stream::take_recalled(const sse::FrameRef& event) {
  if (!queue_.push(event)) return false;
  events_sent_ = (events_sent_ + 1) & kMostEvents;
  ++context_.metrics.events_sent;
  return true;
}

bool Stream::on_recalled(std::optional<uint64_t> next) {
  if (!queue_.empty()) context_.reactor.flush_later(*this);
  if (!next) return !queue_.empty();
  if (!queue_.set_cursor(*next)) {
    abandon(EndReason::kError);
    return false;
  }
  state_ = State::kCatchingUp;
  if (queue_.empty()) {
    context_.deadlines.catching_up.arm(*this, context_.reactor.now());
  } else if (!stalled()) {
    disarm();  // until its queue is written: on_drained()
  }
  return true;
}

// The history has given up what this stream needs next. Who stands at the edge
// of a full history is overtaken by one event, however well it reads; the end
// is for those whose socket is full as well.
bool Stream::overtaken() const {
  return state_ == State::kCatchingUp &&
         queue_.cursor() < context_.hub.history().first();
}

// Tells the gap and goes on after it. All that was taken before is written by
// now, so the gap comes in its place. False, or std::bad_alloc, without memory.
bool Stream::skip_what_is_gone() {
  return queue_gap(context_.hub.id_text(queue_.cursor() - 1)) &&
         queue_.set_cursor(context_.hub.history().first());
}

// The next events from the history, when it is this stream's turn.
void Stream::take_slice() {
  assert(queue_.empty());
  // Redis has what is gone here: the client comes back for it.
  if (overtaken() && context_.cluster) return end(EndReason::kSlow);
  if (overtaken() && !skip_what_is_gone()) return abandon(EndReason::kError);
  size_t budget = kEventsASlice;
  uint64_t next = queue_.cursor();
  while (queue_.frames() < kSliceFrames && queue_.bytes() < kSliceBytes) {
    const auto frame = context_.hub.next_event(*this, next, budget);
    if (!frame) break;
    if (!queue_.push(frame)) return abandon(EndReason::kError);
  }
  const bool reached = next == context_.hub.history().next();
  [[maybe_unused]] const bool set = queue_.set_cursor(reached ? 0 : next);
  assert(set);  // there was one
  if (!queue_.empty()) context_.reactor.flush_later(*this);
  if (reached) return go_live();
  const base::Time now = context_.reactor.now();
  if (queue_.empty()) context_.deadlines.catching_up.arm(*this, now);
}

void Stream::go_live() {
  state_ = State::kLive;
  context_.deadlines.heartbeat.arm(*this, context_.reactor.now());
}

}  // namespace rivulet::server

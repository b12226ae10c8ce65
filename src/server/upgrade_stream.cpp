// A stream, and one who watches the server, for the binary that goes on with
// them (upgrade.h).
#include <optional>

#include "server/context.h"
#include "server/stream.h"
#include "server/watcher.h"

namespace rivulet::server {
namespace {

// So far away that nobody has such a token, and sums do not overflow.
constexpr uint64_t kLatestExpiry = uint64_t{1} << 40U;

}  // namespace

void Stream::carry(base::State& state, sse::FrameTable& frames) {
  uint64_t bytes = bytes_sent_;
  uint16_t last_write = last_write_;
  uint64_t events = events_sent_;
  uint64_t ignored = ignored_bytes_;
  State doing = state_;
  Verdict verdict = verdict_;
  state.number(opened_);
  state.number(bytes);
  state.number(last_write);
  state.number(events);
  state.number(ignored);
  state.choice(doing, State::kLingering);
  state.choice(verdict, Verdict::kKicked);
  bytes_sent_ = bytes & kMostBytes;
  last_write_ = last_write;
  events_sent_ = events & kMostEvents;
  ignored_bytes_ = ignored & kMostIgnored;
  state_ = doing;
  verdict_ = verdict;
  queue_.carry(state, frames);
  const uint64_t next = context_.hub.history().next();
  const bool behind = state_ == State::kCatchingUp;
  state.require(!open() || (queue_.cursor() != 0) == behind,
                "a stream catches up with nothing");
  state.require(queue_.cursor() <= next,
                "a stream catches up with what is not there");
  context_.client_addresses.carry(state, socket_);
  if (open()) carry_subscription(state);
  if (state_ == State::kRecalling) carry_recall(state);
  if (state.loading()) report_memory();
}

// What join() has made of it.
void Stream::carry_subscription(base::State& state) {
  std::optional<base::WallSeconds> expires;
  if (!state.loading()) expires = context_.expiries.when(socket_);
  bool ends = expires.has_value();
  state.flag(ends);
  if (ends) {
    uint64_t seconds = 0;
    if (expires) seconds = uint64_t(expires->time_since_epoch().count());
    state.number(seconds);
    state.require(seconds <= kLatestExpiry, "a token expires too late");
    expires = base::WallSeconds(std::chrono::seconds(seconds));
  }
  if (state.loading()) {
    context_.admission.enter(peer_);
    if (expires) context_.expiries.arm(*this, socket_, *expires);
  }
  context_.hub.carry_subscriber(state, *this);
}

// From what its client has seen on, it is asked for anew.
void Stream::carry_recall(base::State& state) {
  state.require(context_.cluster != nullptr, "a stream waits for no redis");
  Recalls& recalls = context_.cluster->recalls();
  hub::EventId seen;
  if (!state.loading()) seen = recalls.seen_by(*this);
  state.number(seen.epoch);
  state.number(seen.sequence);
  if (state.loading()) recalls.go_on(*this, seen);
}

void Watcher::carry(base::State& state, sse::FrameTable& frames) {
  queue_.carry(state, frames);
  state.time(moved_);
  state.number(ignored_bytes_);
  state.choice(state_, State::kLingering);
  if (state.loading()) context_.stats.join(*this);
}

}  // namespace rivulet::server

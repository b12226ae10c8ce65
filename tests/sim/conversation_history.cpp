// A conversation as a stream that is served from the history: as its client has
// come back and says what it has seen, or because it is slow.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "conversation.h"

namespace rivulet::sim {
namespace {

// What waits beyond this is left to the history.
constexpr size_t kSoftMark = size_t{64} * 1024;

}  // namespace

// ---- a client that comes back

// From where on it may have missed something; nothing when it cannot be told.
std::optional<Conversation::Resumption> Conversation::resumption(
    const LastSeen& last_seen) const {
  const EventLog& log = roster_.log();
  if (last_seen.nothing) return Resumption{};
  const Resumption unknown{.gap = Gap::kSurely};
  if (!last_seen.sequence) return unknown;
  const uint64_t seen = *last_seen.sequence;
  const auto next = log.sequence_of(static_cast<uint32_t>(log.size()));
  if (seen >= next.most) return unknown;
  Resumption from{.seen = seen};
  if (seen > 0) {
    const auto number = log.find(seen);
    if (!number) return std::nullopt;
    from.next = *number + 1;
  }
  const auto first = log.first();
  if (log.any_surely(from.next, first.least)) {
    from.gap = Gap::kSurely;
  } else if (log.any_perhaps(from.next, first.most)) {
    from.gap = Gap::kPerhaps;
  }
  return from;
}

void Conversation::resume(const LastSeen& last_seen) {
  const auto from = resumption(last_seen);
  if (!from) {
    unchecked_ = may_be_ended_ = true;
    return;
  }
  const EventLog& log = roster_.log();
  const auto end = static_cast<uint32_t>(log.size());
  const auto first =
      log.has_history() ? log.first() : EventLog::Bounds{end, end};
  gap_ = from->gap;
  last_seen_ = last_seen.in_json;
  last_sequence_ = from->seen;
  position_ = static_cast<uint32_t>(std::max(from->next, first.least));
  perhaps_gone_ = first.most;
  first_sequence_ = {log.sequence_of(static_cast<uint32_t>(first.least)).least,
                     log.sequence_of(static_cast<uint32_t>(first.most)).most};
  catching_up_ = log.any_perhaps(position_, end);
  for (uint32_t number = position_; number < end; ++number) {
    const Event& event = log.at(number);
    if (event.fate == Fate::kDropped || !is_for(event.audience)) continue;
    events_.push_back(number);
  }
  count_bytes();
}

bool Conversation::is_for(const Audience& audience) const {
  if (audience.everybody()) return true;
  if ((audience.topics & topics_) != 0) return true;
  return audience.client != Audience::kNoClient && audience.client == id_;
}

void Conversation::count_bytes() {
  events_bytes_ = doubtful_bytes_ = dropped_bytes_ = 0;
  for (const uint32_t number : events_) {
    bytes_of(number, roster_.event(number).fate) += frame_size(number);
  }
}

// It says what cannot be told any more, and where what is held begins: at
// first, because of what the client has said, or later, when what it needs next
// has been given up meanwhile. When the first one is in doubt, the two look the
// same.
void Conversation::take_gap(std::string_view text) {
  const Gap due = std::exchange(gap_, Gap::kNone);
  const bool has_history = roster_.log().has_history();
  if (due == Gap::kNone && !(has_history && catching_up_)) {
    return violate("a gap where there is none");
  }
  const bool at_first = due == Gap::kSurely || !has_history;
  at_first ? take_first_gap(text) : take_later_gap(text);
}

void Conversation::take_first_gap(std::string_view text) {
  const EventLog& log = roster_.log();
  const uint64_t before = log.sequence_in(text, "before");
  if (text != log.gap_text(last_seen_, before)) {
    return violate("a strange gap");
  }
  if (!log.has_history()) return;
  if (before < first_sequence_.least || before > first_sequence_.most) {
    return violate(fmt::format("a gap before {}, which was to be {} to {}",
                               before, first_sequence_.least,
                               first_sequence_.most));
  }
  last_sequence_ = before - 1;
  forget_gone(before);
}

void Conversation::take_later_gap(std::string_view text) {
  const EventLog& log = roster_.log();
  const uint64_t before = log.sequence_in(text, "before");
  const uint64_t after = log.sequence_in(text, "after");
  if (text != log.gap_text(log.id_text(after), before)) {
    return violate("a strange gap in the middle");
  }
  const uint64_t had =
      std::max(last_sequence_, log.sequence_of(position_).least - 1);
  const auto held = static_cast<uint32_t>(log.first().most);
  const uint64_t most = log.sequence_of(held).most;
  if (after < had || before <= after + 1 || before > most) {
    return violate(fmt::format(
        "a gap between {} and {}, which was to be after {} and up to {}", after,
        before, had, most));
  }
  pass_gap(after, before);
  last_sequence_ = before - 1;
}

// What is for it before the gap has come, and nothing in it will. When some
// sequence numbers are open, an event near its end may be in it or not.
void Conversation::pass_gap(uint64_t after, uint64_t before) {
  const EventLog& log = roster_.log();
  while (!events_.empty() && log.sequence_of(events_.front()).most < before) {
    const uint32_t number = events_.front();
    const bool too_early = log.sequence_of(number).most <= after;
    if (too_early && number >= perhaps_gone_) {
      if (log.at(number).fate == Fate::kPublished) {
        return violate(fmt::format("a gap after {} in place of '{}'", after,
                                   log.at(number).payload.substr(0, 40)));
      }
      roster_.decide(number, Fate::kDropped);
    }
    forget_front_event();
  }
  perhaps_gone_ = 0;
  for (const uint32_t number : events_) {
    if (log.sequence_of(number).least >= before) break;
    perhaps_gone_ = number + 1;
  }
  count_bytes();
  while (log.sequence_of(position_).most < before) ++position_;
}

// What is held begins with this sequence number.
void Conversation::forget_gone(uint64_t first) {
  while (!events_.empty() && events_.front() < perhaps_gone_ &&
         roster_.log().sequence_of(events_.front()).most < first) {
    forget_front_event();
  }
}

// ---- a client that is slow

// What the server keeps waiting for it at most, and leaves no more than that to
// the history.
size_t Conversation::most_kept() const {
  constexpr size_t kFrameCosts = 8'192;
  if (!roster_.log().has_history()) return SIZE_MAX;
  return (opened_ ? 0 : prelude_bytes_) +
         std::max(kSoftMark, roster_.rules.queue_bytes) +
         2 * roster_.log().largest() + kFrameCosts;
}

// Whether the server may leave its backlog to the history.
void Conversation::note_backlog() {
  const size_t mark = std::min(kSoftMark, roster_.rules.queue_bytes);
  if (!roster_.log().has_history() || catching_up_ || most_queued() <= mark) {
    return;
  }
  catching_up_ = true;
  if (!events_.empty()) position_ = std::max(position_, events_.front());
}

// It is served from its queue again, and has all that there is.
void Conversation::note_caught_up() {
  if (farewell_ && catching_up_) return;
  if (gap_ == Gap::kSurely) violate("a gap that is not told");
  while (!events_.empty() && events_.front() < perhaps_gone_) {
    forget_front_event();
  }
  perhaps_gone_ = 0;
  catching_up_ = false;
  position_ = static_cast<uint32_t>(roster_.log().size());
}

// What the server has not come to is not sent to a stream that ends.
void Conversation::leave_the_rest() {
  perhaps_gone_ = 0;
  events_.clear();
  events_bytes_ = doubtful_bytes_ = dropped_bytes_ = 0;
}

// Too much waits for it; or its socket is full and the history has given up
// what it needs, and before that its queue has been left to the history, or
// cannot be.
bool Conversation::may_be_too_slow() const {
  const bool much = most_queued() > roster_.rules.queue_bytes;
  if (!roster_.log().has_history()) return much;
  const uint64_t first = roster_.log().first().most;
  const bool stalled = link_.server_waits_for_room;
  if (stalled && catching_up_ && position_ < first) return true;
  return much && !events_.empty() && events_.front() < first;
}

}  // namespace rivulet::sim

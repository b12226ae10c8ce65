// A conversation as a stream: the events that it must get, and those it gets.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "conversation.h"

namespace rivulet::sim {
size_t Conversation::frame_size(uint32_t number) const {
  const size_t size = roster_.event(number).wire_least;
  return plain_ ? size : fmt::formatted_size("{:x}", size) + 2 + size + 2;
}

void Conversation::expect_event(uint32_t number) {
  events_.push_back(number);
  bytes_of(number, roster_.event(number).fate) += frame_size(number);
  note_backlog();
  may_be_ended_ |= may_be_too_slow();
}

std::optional<uint32_t> Conversation::next_event() {
  while (!events_.empty() &&
         roster_.event(events_.front()).fate == Fate::kDropped) {
    forget_front_event();
  }
  return events_.empty() ? std::nullopt : std::optional(events_.front());
}

void Conversation::insert_event(uint32_t number,
                                const std::deque<uint32_t>& later,
                                uint64_t stamp) {
  if (joined_ == 0 || farewell_ || phase_ == Phase::kGone) return;
  if (joined_ > stamp || phase_ != Phase::kStream || unchecked_) {
    optional_.push_back(number);
    return;
  }
  auto place = events_.end();
  for (const uint32_t next : later) {
    place = std::find(events_.begin(), events_.end(), next);
    if (place != events_.end()) break;
    const bool must_come = roster_.event(next).fate == Fate::kPublished;
    if (must_come && std::find(optional_.begin(), optional_.end(), next) ==
                         optional_.end()) {
      return violate("it has got events in another order than others");
    }
  }
  // Others that its first receiver came too late for.
  const uint64_t sequence = roster_.event(number).sequence;
  while (place != events_.begin() &&
         roster_.event(*std::prev(place)).sequence > sequence) {
    --place;
  }
  events_.insert(place, number);
  bytes_of(number, roster_.event(number).fate) += frame_size(number);
}

void Conversation::forget_front_event() {
  const uint32_t number = events_.front();
  bytes_of(number, roster_.event(number).fate) -= frame_size(number);
  events_.pop_front();
}

size_t& Conversation::bytes_of(uint32_t number, Fate fate) {
  if (number < perhaps_gone_) return doubtful_bytes_;
  if (fate == Fate::kDropped) return dropped_bytes_;
  return fate == Fate::kPublished ? events_bytes_ : doubtful_bytes_;
}

void Conversation::on_decided(uint32_t number, Fate before, Fate after) {
  if (!awaits(number)) return;
  const size_t size = frame_size(number);
  bytes_of(number, before) -= size;
  bytes_of(number, after) += size;
}

size_t Conversation::most_queued() const {
  return events_bytes_ + doubtful_bytes_ + events_.size() * kMostFrameCost +
         kMostFrameCost + optional_bytes() +
         (opened_ && gap_ == Gap::kNone ? 0 : prelude_bytes_);
}

size_t Conversation::least_queued() const {
  const size_t written = reader_.unfinished();
  return events_bytes_ > written ? events_bytes_ - written : 0;
}

void Conversation::on_chunk(std::string_view payload) {
  if (!opened_) {
    opened_ = true;
    if (!payload.starts_with("retry: ") ||
        !payload.ends_with("\n: rivulet\n")) {
      violate("a stream that opens with something else");
    }
  } else if (farewell_) {
    violate("more after the farewell");
  } else if (payload.starts_with(':')) {
    if (payload != ":\n") violate("an unknown comment");
  } else if (roster_.draining && payload.starts_with("retry: ")) {
    take_farewell(payload);
  } else {
    take_event(payload);
  }
}

// A stream that can be written to is never silent for longer than a heartbeat,
// the quarter by which that may be late, and the slack of the deadlines.
void Conversation::check_heartbeat(base::Time now) {
  constexpr base::Duration kSlack{400};
  const base::Duration heartbeat = roster_.rules.heartbeat;
  const bool live = opened_ && !full_ && !catching_up_ && !roster_.draining;
  if (live && now - last_write_ > heartbeat + heartbeat / 4 + kSlack) {
    violate("no heartbeat on a stream that was silent for so long");
  }
}

void Conversation::take_farewell(std::string_view payload) {
  farewell_ = true;
  if (catching_up_) leave_the_rest();
  check_retry(payload);
  if (!roster_.tell_one(now_)) {
    violate("the drain is ahead of its time");
  }
}

// Of those that are not awaited, and of those whose place is open.
size_t Conversation::optional_bytes() const {
  size_t bytes = roster_.floating_bytes();
  for (const uint32_t number : optional_) {
    bytes += frame_size(number) + kMostFrameCost;
  }
  return bytes;
}

bool Conversation::take_optional(std::string_view payload) {
  return std::erase_if(optional_, [&](uint32_t number) {
           return roster_.event(number).payload == payload;
         }) > 0;
}

void Conversation::take_event(std::string_view text) {
  if (text.starts_with("event: gap\n")) return take_gap(text);
  if (gap_ == Gap::kSurely) violate("an event before the gap is told");
  gap_ = Gap::kNone;
  const SeenEvent seen = roster_.log().parse(text);
  if (!seen.fault.empty()) violate("an event that " + seen.fault);
  if (roster_.log().has_history()) {
    if (seen.sequence <= last_sequence_) violate("an event out of order");
    last_sequence_ = seen.sequence;
  }
  const std::string& payload = seen.payload;
  const auto next = next_event();
  const bool is_next = next && roster_.event(*next).payload == payload;
  if (!is_next) {
    const bool placed = roster_.place(seen, *this);
    if (take_optional(payload) || (placed && !streaming())) return;
  }
  while (!events_.empty()) {
    const uint32_t number = events_.front();
    const Event& event = roster_.event(number);
    const bool this_one =
        event.payload == payload && event.fate != Fate::kDropped;
    const bool gone = number < perhaps_gone_ && !this_one;
    const bool must_come = event.fate == Fate::kPublished && !gone;
    if (!must_come && !gone) {
      roster_.decide(number, this_one ? Fate::kPublished : Fate::kDropped);
    }
    forget_front_event();
    if (this_one) return on_event(number, seen.sequence);
    if (!must_come) continue;
    return violate(fmt::format("the event '{}' instead of '{}'",
                               payload.substr(0, 40),
                               event.payload.substr(0, 40)));
  }
  violate(fmt::format("the event '{}', which is not for this client",
                      payload.substr(0, 40)));
}

void Conversation::on_event(uint32_t number, uint64_t sequence) {
  position_ = number + 1;
  if (perhaps_gone_ > 0) {
    perhaps_gone_ = 0;
    count_bytes();
  }
  if (!roster_.log().has_history()) return;
  const std::string fault = roster_.log().learn(number, sequence);
  if (!fault.empty()) violate("an event of " + fault);
}

void Conversation::on_last_chunk() {
  if (phase_ != Phase::kStreamEnding && !farewell_) {
    violate("the end of a stream that nobody has ended");
  }
  if (catching_up_) leave_the_rest();
  while (!events_.empty() &&
         roster_.event(events_.front()).fate != Fate::kPublished) {
    roster_.decide(events_.front(), Fate::kDropped);
    forget_front_event();
  }
  if (!events_.empty()) violate("a stream that ends before its last event");
}

size_t Conversation::on_plain(std::string_view bytes) {
  constexpr std::string_view kOpeningEnd = "\n: rivulet\n";
  if (!opened_) {
    const size_t end = bytes.find(kOpeningEnd);
    if (end == std::string_view::npos) return 0;
    on_chunk(bytes.substr(0, end + kOpeningEnd.size()));
    return end + kOpeningEnd.size();
  }
  if (bytes.front() != ':' && bytes.front() != 'r') {
    return take_plain_event(bytes);
  }
  const size_t end = bytes.find('\n');
  if (end == std::string_view::npos) return 0;
  on_chunk(bytes.substr(0, end + 1));
  return end + 1;
}

// To its blank line.
size_t Conversation::take_plain_event(std::string_view bytes) {
  constexpr std::string_view kEnd = "\n\n";
  const size_t end = bytes.find(kEnd);
  if (end == std::string_view::npos) return 0;
  on_chunk(bytes.substr(0, end + kEnd.size()));
  return end + kEnd.size();
}

}  // namespace rivulet::sim

// The answers and events of a conversation, as they come over the wire.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "conversation.h"

namespace rivulet::sim {
// ---- answers

Following Conversation::on_head(const AnswerHead& head) {
  constexpr int kContinue = 100;
  if (head.status == kContinue) {
    const bool expects = answers_.empty()
                             ? begun() && requests_.front().request.expects
                             : answers_.front().request.expects;
    if (!expects && !continue_) violate("100 Continue for nobody");
    return Following::kNothing;
  }
  return answers_.empty() ? on_early_head(head) : check_head(head);
}

// Whether the server knows by now that the half-read request is a HEAD, whose
// refusal has no content either.
bool Conversation::seen_as_head() {
  constexpr size_t kMethodBytes = 4;
  if (!requests_.front().request.head_only) return false;
  const size_t come = read_ - requests_.front().begin;
  if (come == kMethodBytes) unchecked_ = true;  // it may or may not
  return come > kMethodBytes;
}

// An answer before the whole request has come: a refusal.
Following Conversation::on_early_head(const AnswerHead& head) {
  constexpr int kTimeout = 408;
  const bool malformed = begun() && requests_.front().request.malformed &&
                         requests_.front().request.status == head.status;
  if (!malformed && !(head.status == kTimeout && head_overdue())) {
    violate(fmt::format("an answer {} to nothing", head.status));
    return Following::kNothing;
  }
  if (!head.closes) violate("a refusal that does not close");
  const bool bare = seen_as_head();
  requests_.clear();
  phase_ = Phase::kClosing;
  closing_since_ = *begun_at_;
  current_ = Answer{.status = head.status};
  return bare ? Following::kNothing : Following::kBody;
}

Following Conversation::check_head(const AnswerHead& head) {
  constexpr int kNoContent = 204;
  current_ = std::move(answers_.front());
  answers_.pop_front();
  if (head.status != current_.status && head.status != current_.other_status) {
    violate(fmt::format("an answer {} instead of {}", head.status,
                        current_.status));
    return Following::kNothing;
  }
  if (current_.request.effect == Effect::kOpenStream) {
    return check_stream_head(head);
  }
  if (current_.event) check_published(head.status);
  if (current_.floating != 0) roster_.on_answered(current_.floating);
  if (head.closes != current_.request.closes) {
    violate("an answer with the wrong persistence");
  }
  if (current_.request.exact && head.status == current_.request.status &&
      head.content_length != current_.request.body.size()) {
    violate("an answer of the wrong length");
  }
  if (head.chunked || head.event_stream) violate("a stream for an answer");
  const bool bare = current_.request.head_only || head.status == kNoContent;
  return bare ? Following::kNothing : Following::kBody;
}

Following Conversation::check_stream_head(const AnswerHead& head) {
  if (!head.event_stream) violate("no event stream for who wants one");
  const bool refused = current_.admission == Admission::kRefused;
  may_be_refused_ = false;
  const bool may_be_refused = current_.admission != Admission::kAdmitted;
  if (head.has_length && may_be_refused) {
    if (!refused) turn_back();
    if (head.chunked || head.closes != current_.request.http10) {
      violate("who is to come back later gets a strange answer");
    }
    sent_away_ = true;
    return Following::kBody;
  }
  if (refused) violate("a stream beyond the limits");
  if (head.chunked == plain_ || head.has_length) {
    violate("not the head of a stream");
  }
  return plain_ ? Following::kPlainStream : Following::kChunks;
}

void Conversation::check_published(int status) {
  constexpr int kOk = 200;
  const uint32_t number = *current_.event;
  if (roster_.event(number).fate != Fate::kUnknown) return;
  roster_.decide(number, status == kOk ? Fate::kPublished : Fate::kDropped);
}

// "retry: " with twice to six times the usual.
void Conversation::check_retry(std::string_view line) {
  constexpr std::string_view kName = "retry: ";
  int64_t retry = 0;
  if (line.starts_with(kName)) {
    std::from_chars(line.data() + kName.size(), line.data() + line.size(),
                    retry);
  }
  const int64_t usual = roster_.rules.retry.count();
  if (retry < 2 * usual || retry > 6 * usual) {
    violate(fmt::format("'{}' for who is to come back later", line));
  }
}

void Conversation::on_body(std::string_view body) {
  const Request& request = current_.request;
  if (request.effect == Effect::kListClients) {
    const std::string fault = roster_.fault_in(body, current_.known);
    if (!fault.empty()) violate("the list of clients " + fault);
  } else if (request.effect == Effect::kOpenStream) {
    check_retry(body.substr(0, body.find('\n')));
    if (!body.ends_with("\n: come back later\n")) violate("a strange refusal");
  } else if (request.exact && current_.other_status == 0 &&
             current_.status == request.status && body != request.body) {
    violate("an answer with the wrong body");
  }
}

// ---- events

size_t Conversation::frame_size(std::string_view payload) const {
  return plain_ ? payload.size()
                : fmt::formatted_size("{:x}", payload.size()) + 2 +
                      payload.size() + 2;
}

void Conversation::expect_event(uint32_t number) {
  const Event& event = roster_.event(number);
  events_.push_back(number);
  bytes_of(event.fate) += frame_size(event.payload);
  may_be_ended_ |= may_be_too_slow();
}

std::optional<uint32_t> Conversation::next_event() {
  while (!events_.empty() &&
         roster_.event(events_.front()).fate == Fate::kDropped) {
    forget_front_event();
  }
  return events_.empty() ? std::nullopt : std::optional(events_.front());
}

void Conversation::insert_event(uint32_t number, std::optional<uint32_t> before,
                                uint64_t stamp, const Conversation& first) {
  if (joined_ == 0 || phase_ == Phase::kGone) return;
  // Which of two is earlier is not known when one may come to `first` yet, or
  // was not known before.
  const auto has = [](const std::vector<uint32_t>& numbers, uint32_t one) {
    return std::find(numbers.begin(), numbers.end(), one) != numbers.end();
  };
  const bool vague =
      (before && has(optional_, *before)) ||
      std::any_of(first.optional_.begin(), first.optional_.end(),
                  [this](uint32_t other) { return awaits(other); });
  if (vague || !joined_before(stamp) || unchecked_) {
    optional_.push_back(number);
    return;
  }
  const auto place = before ? std::find(events_.begin(), events_.end(), *before)
                            : events_.end();
  if (before && place == events_.end()) {
    return violate("it has got events in another order than others");
  }
  events_.insert(place, number);
  const Event& event = roster_.event(number);
  bytes_of(event.fate) += frame_size(event.payload);
}

void Conversation::forget_front_event() {
  const Event& event = roster_.event(events_.front());
  bytes_of(event.fate) -= frame_size(event.payload);
  events_.pop_front();
}

size_t& Conversation::bytes_of(Fate fate) {
  if (fate == Fate::kDropped) return dropped_bytes_;
  return fate == Fate::kPublished ? events_bytes_ : doubtful_bytes_;
}

void Conversation::on_decided(uint32_t number, Fate before, Fate after) {
  if (!awaits(number)) return;
  const size_t size = frame_size(roster_.event(number).payload);
  bytes_of(before) -= size;
  bytes_of(after) += size;
}

size_t Conversation::most_queued() const {
  return events_bytes_ + doubtful_bytes_ + events_.size() * kMostFrameCost +
         kMostFrameCost + optional_bytes() + (opened_ ? 0 : prelude_bytes_);
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

void Conversation::take_farewell(std::string_view payload) {
  farewell_ = true;
  check_retry(payload);
  if (!roster_.tell_one(now_)) {
    violate("the drain is ahead of its time");
  }
}

// Of those that are not awaited, and of those whose place is open.
size_t Conversation::optional_bytes() const {
  size_t bytes = roster_.floating_bytes();
  for (const uint32_t number : optional_) {
    bytes += frame_size(roster_.event(number).payload) + kMostFrameCost;
  }
  return bytes;
}

bool Conversation::take_optional(std::string_view payload) {
  return std::erase_if(optional_, [&](uint32_t number) {
           return roster_.event(number).payload == payload;
         }) > 0;
}

void Conversation::take_event(std::string_view payload) {
  const auto is_next = [&] {
    const auto next = next_event();
    return next && roster_.event(*next).payload == payload;
  };
  if (!is_next()) {
    const bool placed = roster_.place(payload, *this);
    if (take_optional(payload) || (placed && !is_next())) return;
  }
  while (!events_.empty()) {
    const uint32_t number = events_.front();
    const Event& event = roster_.event(number);
    const bool this_one =
        event.payload == payload && event.fate != Fate::kDropped;
    const bool must_come = event.fate == Fate::kPublished;
    if (!must_come) {
      roster_.decide(number, this_one ? Fate::kPublished : Fate::kDropped);
    }
    forget_front_event();
    if (this_one) return;
    if (!must_come) continue;
    return violate(fmt::format("the event '{}' instead of '{}'",
                               payload.substr(0, 40),
                               event.payload.substr(0, 40)));
  }
  violate(fmt::format("the event '{}', which is not for this client",
                      payload.substr(0, 40)));
}

void Conversation::on_last_chunk() {
  if (phase_ != Phase::kStreamEnding && !farewell_) {
    violate("the end of a stream that nobody has ended");
  }
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

size_t Conversation::take_plain_event(std::string_view bytes) {
  while (!events_.empty()) {
    const uint32_t number = events_.front();
    const Event& event = roster_.event(number);
    const std::string_view payload = event.payload;
    if (event.fate != Fate::kDropped) {
      if (bytes.size() < payload.size() && payload.starts_with(bytes)) return 0;
      if (bytes.starts_with(payload)) {
        take_event(payload);
        return payload.size();
      }
      if (event.fate == Fate::kPublished) break;
      roster_.decide(number, Fate::kDropped);
    }
    forget_front_event();
  }
  violate(fmt::format("plain bytes that are no event of this client: '{}'",
                      bytes.substr(0, 40)));
  return bytes.size();
}

}  // namespace rivulet::sim

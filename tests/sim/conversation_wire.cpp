// The answers and events of a conversation, as they come over the wire.
#include <fmt/format.h>

#include <utility>

#include "conversation.h"

namespace rivulet::sim {
namespace {

// What one queued frame costs beside its bytes, at most.
constexpr size_t kMostFrameCost = 64;

}  // namespace

// ---- answers

Following Conversation::on_head(const AnswerHead& head) {
  constexpr int kContinue = 100;
  if (head.status == kContinue) {
    const bool expects = answers_.empty()
                             ? begun() && requests_.front().request.expects
                             : answers_.front().request.expects;
    if (!expects) violate("100 Continue for nobody");
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
    if (roster_.draining) {
      unchecked_ = true;
    } else {
      violate(fmt::format("an answer {} to nothing", head.status));
    }
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
    if (!head.event_stream || head.chunked == plain_ || head.has_length) {
      violate("not the head of a stream");
    }
    return plain_ ? Following::kPlainStream : Following::kChunks;
  }
  if (head.closes != current_.request.closes && !roster_.draining) {
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

void Conversation::on_body(std::string_view body) {
  const Request& request = current_.request;
  if (request.effect == Effect::kListClients) {
    const std::string fault = roster_.fault_in(body, current_.known);
    if (!fault.empty()) violate("the list of clients " + fault);
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
  (event.certain ? events_bytes_ : doubtful_bytes_) +=
      frame_size(event.payload);
  may_be_ended_ |= most_queued() > roster_.rules.queue_bytes;
}

void Conversation::forget_front_event() {
  const Event& event = roster_.event(events_.front());
  (event.certain ? events_bytes_ : doubtful_bytes_) -=
      frame_size(event.payload);
  events_.pop_front();
}

size_t Conversation::most_queued() const {
  return events_bytes_ + doubtful_bytes_ + events_.size() * kMostFrameCost +
         kMostFrameCost + (opened_ ? 0 : prelude_bytes_);
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
  } else if (payload.starts_with(':')) {
    if (payload != ":\n") violate("an unknown comment");
  } else if (!roster_.draining || !payload.starts_with("retry: ")) {
    take_event(payload);
  }
}

void Conversation::take_event(std::string_view payload) {
  while (!events_.empty()) {
    const Event& event = roster_.event(events_.front());
    forget_front_event();
    if (event.payload == payload) return;
    if (!event.certain) continue;
    return violate(fmt::format("the event '{}' instead of '{}'",
                               payload.substr(0, 40),
                               event.payload.substr(0, 40)));
  }
  violate(fmt::format("the event '{}', which is not for this client",
                      payload.substr(0, 40)));
}

void Conversation::on_last_chunk() {
  if (phase_ != Phase::kStreamEnding && !roster_.draining) {
    violate("the end of a stream that nobody has ended");
  }
  while (!events_.empty() && !roster_.event(events_.front()).certain) {
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
  const char first = bytes.front();
  if (first == ':' || (roster_.draining && (first == 'r' || first == '\n'))) {
    const size_t end = bytes.find('\n');
    return end == std::string_view::npos ? 0 : end + 1;
  }
  return take_plain_event(bytes);
}

size_t Conversation::take_plain_event(std::string_view bytes) {
  while (!events_.empty()) {
    const std::string_view payload = roster_.event(events_.front()).payload;
    if (bytes.size() < payload.size() && payload.starts_with(bytes)) return 0;
    if (bytes.starts_with(payload)) {
      forget_front_event();
      return payload.size();
    }
    if (roster_.event(events_.front()).certain) break;
    forget_front_event();
  }
  violate(fmt::format("plain bytes that are no event of this client: '{}'",
                      bytes.substr(0, 40)));
  return bytes.size();
}

}  // namespace rivulet::sim

// The answers of a conversation, as they come over the wire.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "conversation.h"

namespace rivulet::sim {
namespace {

constexpr int kTimeout = 408;

}  // namespace

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
  const bool malformed = begun() && requests_.front().request.malformed &&
                         requests_.front().request.status == head.status;
  if (!malformed && !(head.status == kTimeout && head_overdue())) {
    violate(fmt::format("an answer {} to nothing", head.status));
    return Following::kNothing;
  }
  if (!head.closes) violate("a refusal that does not close");
  const bool bare = seen_as_head();
  Request front = std::move(requests_.front().request);
  requests_.clear();
  phase_ = Phase::kClosing;
  closing_since_ = *begun_at_;
  if (malformed) {
    current_ = Answer{.request = std::move(front), .status = head.status};
  } else {
    current_ = Answer{.status = head.status};
  }
  return bare ? Following::kNothing : Following::kBody;
}

// A body that waits behind answers which nobody takes has its own time.
bool Conversation::gives_up_waiting(const AnswerHead& head) {
  if (head.status != kTimeout || !head.closes || !lags_) return false;
  if (quiet_before_ < roster_.rules.header_timeout) return false;
  answers_.clear();
  requests_.clear();
  publishing_ = false;
  leave(Phase::kClosing);
  current_ = Answer{.status = head.status};
  return true;
}

Following Conversation::check_head(const AnswerHead& head) {
  constexpr int kOk = 200;
  constexpr int kNoContent = 204;
  constexpr int kUnavailable = 503;
  if (gives_up_waiting(head)) return Following::kBody;
  current_ = std::move(answers_.front());
  answers_.pop_front();
  current_.answered = head.status;
  if (head.status != current_.status && head.status != current_.other_status) {
    violate(fmt::format("an answer {} instead of {}", head.status,
                        current_.status));
    return Following::kNothing;
  }
  if (current_.request.effect == Effect::kOpenStream) {
    return check_stream_head(head);
  }
  check_published(head.status);
  if (head.status == kOk) {
    for (const uint64_t stamp : current_.floating) roster_.on_answered(stamp);
  }
  const bool must_close =
      current_.request.closes || head.status == kUnavailable;
  if (head.closes != must_close) {
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

// Of the events before a fault, those for a client who was not there were not
// published: how many that were is not compared.
std::string_view Conversation::said(std::string_view body) const {
  const bool to_one = current_.request.posted &&
                      current_.request.audience.client != Audience::kNoClient;
  return to_one ? body.substr(0, body.find("; published before it")) : body;
}

void Conversation::on_body(std::string_view body) {
  constexpr int kOk = 200;
  const Request& request = current_.request;
  if (request.effect == Effect::kListClients) {
    const std::string fault = roster_.fault_in(body, current_.known);
    if (!fault.empty()) violate("the list of clients " + fault);
  } else if (request.effect == Effect::kOpenStream) {
    check_retry(body.substr(0, body.find('\n')));
    if (!body.ends_with("\n: come back later\n")) violate("a strange refusal");
  } else if (request.posted && current_.status == kOk &&
             current_.answered == kOk) {
    check_receipt(body);
  } else if (request.exact && current_.other_status == 0 &&
             current_.status == request.status &&
             said(body) != said(request.body)) {
    violate("an answer with the wrong body");
  }
}

}  // namespace rivulet::sim

// The requests of a conversation, and what the server holds for it. Its other
// parts are in conversation_*.cpp.
#include "conversation.h"

#include <algorithm>
#include <utility>

namespace rivulet::sim {
namespace {

// Answers beyond this make a pipeline wait.
constexpr size_t kHighWater = size_t{256} * 1024;
// Bytes of an answer before its body, and of a client id in a list.
constexpr size_t kLongestHead = 1'024;
constexpr size_t kLongestName = 64;
constexpr int kUnavailable = 503;

}  // namespace

void Conversation::add(Request request) {
  const size_t begin = composed_;
  composed_ += request.bytes.size();
  request.bytes = std::string();
  if (phase_ == Phase::kServing) {
    requests_.push_back({std::move(request), begin, composed_, {}});
  }
}

void Conversation::on_accept(base::Time now) {
  now_ = progress_ = last_write_ = now;
  roster_.enter(*this);
}

void Conversation::on_read(std::string_view bytes, base::Time now) {
  now_ = progress_ = now;
  read_ += bytes.size();
  fresh_.clear();
  if (phase_ == Phase::kServing) return take_requests();
  ignored_ += bytes.size();
  if (phase_ == Phase::kStream && ignored_ > roster_.rules.max_ignored_bytes) {
    leave(Phase::kStreamEnding);
  }
}

bool Conversation::begun() const {
  return !requests_.empty() && requests_.front().begin < read_;
}

// Whether the server may have given up waiting for the half-read request.
bool Conversation::head_overdue() const {
  return begun_at_ && now_ - *begun_at_ >= roster_.rules.header_timeout;
}

void Conversation::take_requests() {
  bool waits = false;  // for a later turn, as does whatever follows
  while (phase_ == Phase::kServing && !requests_.empty() &&
         requests_.front().end <= read_) {
    publish_pieces(requests_.front());
    publishing_ = false;
    Pending pending = std::move(requests_.front());
    requests_.pop_front();
    const bool publishes =
        pending.request.has_body || pending.request.effect == Effect::kPublish;
    waits |= roster_.rules.congested && publishes;
    apply(std::move(pending), head_overdue(), waits);
    lags_ |= waits;
    begun_at_.reset();
  }
  if (phase_ != Phase::kServing) requests_.clear();
  if (most_held() > kHighWater) lags_ = true;
  if (phase_ != Phase::kServing || !begun()) return;
  if (!begun_at_ && !publishing_) begun_at_ = now_;
  publish_pieces(requests_.front());
}

void Conversation::apply(Pending pending, bool late, bool may_wait) {
  // From here on the server may have refused it, or may be about to close.
  if (late) unchecked_ = true;
  Request& request = pending.request;
  Answer answer{.begin = pending.begin, .status = request.status};
  switch (request.effect) {
    case Effect::kNone:
      break;
    case Effect::kListClients:
      answer.known = roster_.everybody(may_wait);
      break;
    case Effect::kPublish:
      publish(request, answer, may_wait);
      break;
    case Effect::kPublishEvents:
      answer.published = std::move(pending.published);
      answer.floating = std::move(pending.floating);
      if (!request.malformed) answer.judge();
      break;
    case Effect::kOpenStream:
      stream_end_ = pending.end;
      ask_for_stream(request, answer);
      break;
  }
  if (request.closes && phase_ == Phase::kServing) {
    phase_ = Phase::kClosing;
    closing_since_ = now_;
  }
  answer.request = std::move(request);
  answer.request.payload = std::string();
  answer.request.events.clear();
  answers_.push_back(std::move(answer));
}

void Conversation::ask_for_stream(Request& request, Answer& answer) {
  answer.admission = roster_.admission(request.id, link_.group);
  if (answer.admission == Admission::kRefused) {
    request.closes = request.http10;
    return;
  }
  open_stream(request);
  may_be_refused_ = answer.admission == Admission::kPerhaps;
}

void Conversation::open_stream(const Request& request) {
  phase_ = Phase::kStream;
  id_ = request.id;
  topics_ = request.audience.topics;
  plain_ = request.http10;
  may_be_ended_ = unchecked_;
  // Answers that wait go with the stream.
  prelude_bytes_ = kLongestHead + reader_.unfinished();
  for (const Answer& waiting : answers_) {
    prelude_bytes_ += kLongestHead + waiting.request.body.size() +
                      waiting.known.size() * kLongestName;
  }
  may_be_ended_ |= may_be_too_slow();
  joined_ = roster_.next_stamp();
  position_ = static_cast<uint32_t>(roster_.log().size());
  if (request.last_seen) resume(*request.last_seen);
  roster_.join(*this);
  note_backlog();
}

// It has not become a stream after all.
void Conversation::turn_back() {
  const bool begins_more = composed_ > stream_end_;
  if (begins_more || phase_ == Phase::kGone) unchecked_ = true;
  leave(plain_ || roster_.draining ? Phase::kClosing : Phase::kServing);
  events_.clear();
  optional_.clear();
  joined_ = 0;
  catching_up_ = false;
  gap_ = Gap::kNone;
  last_sequence_ = perhaps_gone_ = 0;
  events_bytes_ = doubtful_bytes_ = dropped_bytes_ = 0;
}

void Conversation::leave(Phase next) {
  if (phase_ == Phase::kStream) roster_.leave(*this);
  phase_ = next;
  closing_since_ = now_;
}

// Answers to what the server has perhaps not published, or not to its end.
void Conversation::may_be_unavailable() {
  for (Answer& answer : answers_) {
    const Effect effect = answer.request.effect;
    const bool publishes =
        effect == Effect::kPublish || effect == Effect::kPublishEvents;
    if (publishes) answer.other_status = kUnavailable;
  }
}

// Requests that have not come in whole are not served any more, and neither is
// what waits behind many answers.
void Conversation::on_drain(base::Time now) {
  now_ = now;
  cut_ = lags_;
  if (lags_) may_be_unavailable();
  if (phase_ != Phase::kServing) return;
  if (begun()) {
    const Request& half = requests_.front().request;
    unchecked_ |= half.malformed || head_overdue();  // perhaps it is refused
    continue_ = half.expects;
  }
  if (publishing_) {
    Answer answer{.begin = requests_.front().begin, .status = kUnavailable};
    answer.request.closes = true;
    answer.request.expects = continue_;
    answers_.push_back(std::move(answer));
  }
  publishing_ = false;
  requests_.clear();
  begun_at_.reset();
  if (!peer_ended_) leave(Phase::kClosing);
}

void Conversation::on_peer_end(base::Time now) {
  now_ = progress_ = now;
  peer_ended_ = true;
  requests_.clear();
  publishing_ = false;
  if (phase_ == Phase::kStream) leave(Phase::kStreamEnding);
}

void Conversation::on_broken() {
  broken_ = true;
  if (phase_ == Phase::kStream) leave(Phase::kStreamEnding);
}

void Conversation::on_write(std::string_view bytes, base::Time now) {
  now_ = now;
  refused_ = bytes.empty();
  if (refused_) return;
  quiet_before_ = now - last_write_;
  progress_ = last_write_ = now;
  written_ += bytes.size();
  roster_.on_moved(bytes.size());
  note_backlog();
  if (!unchecked_) reader_.feed(bytes);
  lags_ = lags_ && (!all_written() || publishing_);
}

void Conversation::on_sleep(std::optional<os::Interest> interest,
                            base::Time now) {
  if (!interest) return;
  full_ = (static_cast<unsigned>(*interest) &
           static_cast<unsigned>(os::Interest::kWrite)) != 0;
  if (unchecked_ || link_.server_reset) return;
  const bool over = (phase_ == Phase::kClosing && all_written()) ||
                    (phase_ == Phase::kStreamEnding && ended_cleanly());
  if (over && !shut_ && !full_)
    violate("all is said, and no FIN comes after it");
  if (phase_ == Phase::kStream && !roster_.draining) {
    note_backlog();
    if (!catching_up_ && !may_be_refused_ &&
        least_queued() > roster_.rules.queue_bytes) {
      return violate("more is queued for this stream than queue-bytes");
    }
  }
  const bool answers_wait = (!answers_.empty() && !cut_) || reader_.in_body();
  const bool waits = answers_wait || (!may_be_refused_ && least_queued() > 0);
  if (waits && !full_) {
    return violate("bytes wait for this client, and nothing will send them");
  }
  if (phase_ != Phase::kStream) return;
  if (!full_ && !may_be_refused_) note_caught_up();
  check_heartbeat(now);
  if (!roster_.draining) may_be_ended_ = may_be_too_slow();
}

// ---- what is held for it

bool Conversation::as_stream() const {
  return phase_ == Phase::kStream || phase_ == Phase::kStreamEnding;
}

// It keeps the server waiting: for a request, or with what it does not read.
bool Conversation::may_be_evicted() const {
  if (as_stream()) {
    const bool ends = phase_ == Phase::kStreamEnding || farewell_;
    return ends || refused_ || reader_.unfinished() > 0 ||
           most_queued() > kMostFrameCost;
  }
  return read_ == 0 || begun() || !all_written();
}

// Of a stream, once the server has tried to write all of it.
size_t Conversation::least_held() const {
  if (unchecked_ || link_.server_reset) return 0;
  if (!as_stream()) return reader_.body_left();
  return may_be_refused_ || catching_up_ ? 0 : least_queued();
}

size_t Conversation::most_held() const {
  constexpr size_t kParser = 1'024;
  constexpr size_t kFieldCost = 5;  // for a byte of the shortest fields
  constexpr size_t kLaterGap = 256;
  if (as_stream()) {
    return std::min(most_queued() + (catching_up_ ? kLaterGap : 0),
                    most_kept());
  }
  size_t held = kParser + reader_.body_left();
  size_t asked_from = requests_.empty() ? read_ : requests_.front().begin;
  if (!answers_.empty()) asked_from = answers_.front().begin;
  held += kFieldCost * (read_ - std::min(asked_from, read_));
  for (const Answer& answer : answers_) {
    held += kLongestHead + answer.request.body.size() +
            answer.known.size() * kLongestName;
  }
  return held;
}

}  // namespace rivulet::sim

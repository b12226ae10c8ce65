// The requests of a conversation, and what the server may do about its socket.
// Its answers and events are in conversation_wire.cpp.
#include "conversation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rivulet::sim {

void Conversation::add(Request request) {
  const size_t begin = composed_;
  composed_ += request.bytes.size();
  request.bytes = std::string();
  if (phase_ == Phase::kServing) {
    requests_.push_back({std::move(request), begin, composed_});
  }
}

void Conversation::on_accept(base::Time now) {
  now_ = progress_ = last_write_ = now;
}

void Conversation::on_read(std::string_view bytes, base::Time now) {
  now_ = progress_ = now;
  read_ += bytes.size();
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
  while (phase_ == Phase::kServing && !requests_.empty() &&
         requests_.front().end <= read_) {
    Request request = std::move(requests_.front().request);
    requests_.pop_front();
    apply(std::move(request), head_overdue());
    begun_at_.reset();
  }
  if (phase_ != Phase::kServing) requests_.clear();
  if (begun() && !begun_at_) begun_at_ = now_;
}

void Conversation::apply(Request request, bool late) {
  // From here on the server may have refused it, or may be about to close.
  if (late || roster_.draining) unchecked_ = true;
  Answer answer{.status = request.status};
  switch (request.effect) {
    case Effect::kNone:
      break;
    case Effect::kListClients:
      answer.known = roster_.everybody();
      break;
    case Effect::kPublishToAll:
    case Effect::kPublishToOne:
      publish(request, answer);
      break;
    case Effect::kOpenStream:
      if (!roster_.draining) open_stream(request);
      break;
  }
  if (request.closes && phase_ == Phase::kServing) {
    phase_ = Phase::kClosing;
    closing_since_ = now_;
  }
  answer.request = std::move(request);
  answer.request.payload = std::string();
  answers_.push_back(std::move(answer));
}

void Conversation::publish(const Request& request, Answer& answer) {
  if (request.effect == Effect::kPublishToOne) {
    const Presence presence = roster_.presence(request.id);
    if (presence == Presence::kAbsent) answer.status = 404;
    if (presence == Presence::kPerhaps) answer.other_status = 404;
  }
  roster_.publish(request, !unchecked_);
}

void Conversation::open_stream(const Request& request) {
  constexpr size_t kLongestHead = 1'024;
  phase_ = Phase::kStream;
  id_ = request.id;
  plain_ = request.http10;
  may_be_ended_ = unchecked_;
  // Answers that wait go with the stream.
  prelude_bytes_ = kLongestHead + reader_.unfinished();
  for (const Answer& waiting : answers_) {
    prelude_bytes_ += kLongestHead + waiting.request.body.size() +
                      waiting.known.size() * kLongestHead / 16;
  }
  may_be_ended_ |= most_queued() > roster_.rules.queue_bytes;
  roster_.join(*this);
}

void Conversation::leave(Phase next) {
  if (phase_ == Phase::kStream) roster_.leave(*this);
  phase_ = next;
  closing_since_ = now_;
}

void Conversation::on_peer_end(base::Time now) {
  now_ = progress_ = now;
  peer_ended_ = true;
  requests_.clear();
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
  progress_ = last_write_ = now;
  written_ += bytes.size();
  if (!unchecked_) reader_.feed(bytes);
}

bool Conversation::all_written() const {
  return answers_.empty() && events_bytes_ == 0 && !reader_.in_body() &&
         reader_.unfinished() == 0;
}

bool Conversation::ended_cleanly() const {
  return plain_ ? all_written() : reader_.ended();
}

void Conversation::on_shutdown() {
  if (unchecked_ || roster_.draining) return;
  const bool may = (phase_ == Phase::kClosing && all_written()) ||
                   (phase_ == Phase::kStreamEnding && ended_cleanly());
  if (!may) violate("the server sends its FIN though more is owed");
}

void Conversation::on_close(base::Time now) {
  now_ = now;
  if (!may_close()) {
    violate(
        fmt::format("the server closes it without a reason: {} answers and {} "
                    "bytes of events owed, "
                    "{} ms after the last progress",
                    answers_.size(), events_bytes_, (now - progress_).count()));
  }
  leave(Phase::kGone);
}

bool Conversation::may_close() const {
  if (broken_ || link_.server_reset || unchecked_ || roster_.over) return true;
  if (link_.turned_away && read_ + written_ == 0) return true;
  switch (phase_) {
    case Phase::kServing:
      return serving_may_close();
    case Phase::kClosing:
      return closing_may_close();
    case Phase::kStream:
    case Phase::kStreamEnding:
      return stream_may_close();
    case Phase::kGone:
      break;
  }
  return false;
}

bool Conversation::serving_may_close() const {
  const Rules& rules = roster_.rules;
  if (roster_.draining || head_overdue()) return true;
  if (peer_ended_ && all_written()) return true;
  // Refused half-way, and the refusal is not out.
  if (begun() && requests_.front().request.malformed &&
      now_ - *begun_at_ >= rules.linger) {
    return true;
  }
  const base::Duration quiet = now_ - progress_;
  if (!all_written()) return quiet >= rules.write_timeout;
  return quiet >= (read_ == 0 || begun() ? rules.header_timeout
                                         : rules.keepalive_timeout);
}

bool Conversation::closing_may_close() const {
  const Rules& rules = roster_.rules;
  if (roster_.draining || (peer_ended_ && all_written())) return true;
  // The server may not have come to the last request of a long pipeline.
  if (!all_written() && now_ - progress_ >= rules.write_timeout) return true;
  return ignored_ > rules.max_linger_bytes ||
         now_ - closing_since_ >= rules.linger;
}

bool Conversation::stream_may_close() const {
  const Rules& rules = roster_.rules;
  if (may_be_ended_ || ignored_ > rules.max_ignored_bytes) return true;
  if (ended_cleanly() && peer_ended_) return true;
  // Ended by its client's FIN, or by the drain before that.
  const bool ending = phase_ == Phase::kStreamEnding;
  if (ending && now_ - closing_since_ >= rules.linger) return true;
  if (roster_.draining && now_ - roster_.draining_since >= rules.linger) {
    return true;
  }
  if (ending) return false;
  const bool waits = refused_ || least_queued() > 0 || reader_.unfinished() > 0;
  return waits && now_ - last_write_ >= rules.write_timeout;
}

void Conversation::on_sleep(std::optional<os::Interest> interest) {
  if (!interest || unchecked_ || link_.server_reset) return;
  const bool waits_to_write =
      (static_cast<unsigned>(*interest) &
       static_cast<unsigned>(os::Interest::kWrite)) != 0;
  if (phase_ == Phase::kStream && !roster_.draining) {
    if (least_queued() > roster_.rules.queue_bytes) {
      return violate("more is queued for this stream than queue-bytes");
    }
    may_be_ended_ = most_queued() > roster_.rules.queue_bytes;
  }
  const bool answers_wait =
      (!answers_.empty() || reader_.in_body()) && !roster_.draining;
  const bool waits = answers_wait || least_queued() > 0;
  if (waits && !waits_to_write) {
    violate("bytes wait for this client, and nothing will send them");
  }
}

}  // namespace rivulet::sim

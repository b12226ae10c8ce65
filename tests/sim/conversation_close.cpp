// When the server may end a conversation, and when it must not.
#include <fmt/format.h>

#include <algorithm>

#include "conversation.h"

namespace rivulet::sim {

bool Conversation::all_written() const {
  return answers_.empty() && events_bytes_ == 0 && !reader_.in_body() &&
         reader_.unfinished() == 0;
}

bool Conversation::nothing_owed() const {
  if (!cut_) return all_written();
  return !reader_.in_body() && reader_.unfinished() == 0;
}

bool Conversation::ended_cleanly() const {
  if (!plain_) return reader_.ended();
  const bool left_the_rest = catching_up_ && answers_.empty() &&
                             !reader_.in_body() && reader_.unfinished() == 0;
  return all_written() || left_the_rest;
}

void Conversation::on_shutdown() {
  shut_ = true;
  if (unchecked_) return;
  const bool ending =
      phase_ == Phase::kStreamEnding || (phase_ == Phase::kStream && farewell_);
  const bool may = (phase_ == Phase::kClosing && nothing_owed()) ||
                   (ending && ended_cleanly());
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
  roster_.exit(*this);
  leave(Phase::kGone);
}

// The excuse, which counts, comes last.
bool Conversation::may_close() const {
  if (broken_ || link_.server_reset || unchecked_ || roster_.over) return true;
  if (link_.turned_away && read_ + written_ == 0) return true;
  return may_close_by_itself() ||
         (may_be_evicted() && roster_.may_be_over_limit()) ||
         roster_.excused_by_no_memory();
}

bool Conversation::may_close_by_itself() const {
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

// A request that waits behind the answers of others has its own time, too.
base::Duration Conversation::answer_timeout() const {
  const Rules& rules = roster_.rules;
  return lags_ ? std::min(rules.write_timeout, rules.header_timeout)
               : rules.write_timeout;
}

bool Conversation::serving_may_close() const {
  const Rules& rules = roster_.rules;
  if (head_overdue()) return true;
  if (peer_ended_ && all_written()) return true;
  // Refused half-way, and the refusal is not out.
  if (begun() && requests_.front().request.malformed &&
      now_ - *begun_at_ >= rules.linger) {
    return true;
  }
  const base::Duration quiet = now_ - progress_;
  if (!all_written()) return quiet >= answer_timeout();
  if (publishing_ && !lags_)
    return false;  // for hours, when it has nothing to say
  return quiet >= (read_ == 0 || begun() ? rules.header_timeout
                                         : rules.keepalive_timeout);
}

bool Conversation::closing_may_close() const {
  const Rules& rules = roster_.rules;
  if (peer_ended_ && nothing_owed()) return true;
  // The server may not have come to the last request of a long pipeline.
  if (!all_written() && now_ - progress_ >= answer_timeout()) return true;
  return ignored_ > rules.max_linger_bytes ||
         now_ - closing_since_ >= rules.linger;
}

bool Conversation::stream_may_close() const {
  const Rules& rules = roster_.rules;
  if (may_be_ended_ || may_be_too_slow()) return true;
  if (ignored_ > rules.max_ignored_bytes) return true;
  if (ended_cleanly() && peer_ended_) return true;
  // Ended by its client's FIN, or by the drain before that.
  const bool ending = phase_ == Phase::kStreamEnding;
  const auto lingers = [&](base::Time since) {
    return now_ - std::max(since, last_write_) >= rules.linger;
  };
  if (ending && lingers(closing_since_)) return true;
  if (roster_.draining && lingers(roster_.draining_since)) return true;
  if (ending) return false;
  const bool waits = refused_ || !opened_ || !all_written();
  return waits && now_ - last_write_ >= rules.write_timeout;
}

}  // namespace rivulet::sim

// What the requests of a conversation publish, and what they are told about it.
#include <fmt/format.h>

#include <charconv>

#include "conversation.h"

namespace rivulet::sim {
namespace {

// Takes `text` off the front of `from`.
bool take(std::string_view& from, std::string_view text) {
  const bool there = from.starts_with(text);
  if (there) from.remove_prefix(text.size());
  return there;
}

std::optional<uint64_t> take_number(std::string_view& from) {
  uint64_t number = 0;
  const auto parsed =
      std::from_chars(from.data(), from.data() + from.size(), number);
  if (parsed.ec != std::errc()) return std::nullopt;
  from.remove_prefix(static_cast<size_t>(parsed.ptr - from.data()));
  return number;
}

}  // namespace

void Conversation::publish(const Request& request, Answer& answer,
                           bool may_wait) {
  if (may_wait) {
    answer.floating = {roster_.float_event(*this, request.payload)};
    return;
  }
  publish_one(request.audience, request.payload, answer.published);
  answer.judge();
}

void Conversation::publish_one(const Audience& audience,
                               const std::string& payload,
                               Published& published) {
  Fate fate = unchecked_ ? Fate::kUnknown : Fate::kPublished;
  if (audience.client != Audience::kNoClient) {
    const Presence presence = roster_.presence(audience.client);
    if (presence == Presence::kAbsent) fate = Fate::kDropped;
    if (presence == Presence::kPerhaps) fate = Fate::kUnknown;
    published.nobody = published.nobody && presence != Presence::kConnected;
    published.somebody = published.somebody || presence != Presence::kAbsent;
  } else {
    published.nobody = false;
    published.somebody = true;
  }
  const auto receivers = roster_.receivers(audience);
  published.receivers.least += receivers.least;
  published.receivers.most += receivers.most;
  published.events.push_back(roster_.publish(audience, payload, fate));
  if (fate == Fate::kPublished) fresh_.push_back(published.events.back());
}

void Conversation::Answer::judge() {
  constexpr int kNotFound = 404;
  if (published.events.empty()) return;
  if (!published.somebody) {
    status = kNotFound;
  } else if (published.nobody) {
    other_status = kNotFound;
  }
}

// The events of a body that has come in up to here.
void Conversation::publish_pieces(Pending& pending) {
  const Request& request = pending.request;
  if (request.effect != Effect::kPublishEvents) return;
  if (read_ < pending.begin + request.head_bytes) return;
  if (!request.malformed && !publishing_) {
    unchecked_ |= head_overdue();
    begun_at_.reset();  // from here on it may take its time
    publishing_ = true;
    lags_ |= roster_.rules.congested;
  }
  size_t& done = pending.done;
  while (done < request.events.size() &&
         pending.begin + request.events[done].end <= read_) {
    const std::string& payload = request.events[done].payload;
    if (roster_.rules.congested) {
      pending.floating.push_back(roster_.float_event(*this, payload));
    } else {
      publish_one(request.audience, payload, pending.published);
    }
    ++done;
  }
}

// The connection ends then, and so far has published all of the events or only
// the first of them.
void Conversation::on_no_memory() {
  for (const uint32_t number : fresh_) roster_.decide(number, Fate::kUnknown);
  fresh_.clear();
}

// ---- the answer

void Conversation::check_published(int status) {
  constexpr int kOk = 200;
  if (current_.request.malformed) return;  // that is about a later one
  if (current_.published.events.size() != 1) return;
  const uint32_t number = current_.published.events.front();
  const Fate told = status == kOk ? Fate::kPublished : Fate::kDropped;
  const Fate fate = roster_.event(number).fate;
  if (fate == Fate::kUnknown) return roster_.decide(number, told);
  if (fate != told) violate("an answer that does not say what has happened");
}

void Conversation::check_receipt(std::string_view body) {
  const Published& published = current_.published;
  const bool counts = current_.request.effect == Effect::kPublishEvents;
  const size_t count = published.events.size() + current_.floating.size();
  bool good = take(body, counts ? "{\"events\":" : "{");
  if (counts) {
    // Those for a client who was not there do not count.
    const bool all = current_.request.audience.client == Audience::kNoClient;
    const auto published_count = take_number(body);
    good = good && published_count &&
           (all ? *published_count == count : *published_count <= count) &&
           take(body, ",");
  }
  good = good && take(body, "\"id\":") && check_receipt_id(body) &&
         take(body, ",\"receivers\":");
  const auto receivers = take_number(body);
  good = good && receivers && body == "}";
  if (!good) return violate("a strange answer to a publisher");
  if (!current_.floating.empty()) return;
  if (*receivers < published.receivers.least ||
      *receivers > published.receivers.most) {
    violate(fmt::format("an answer that counts {} receivers, not {} to {}",
                        *receivers, published.receivers.least,
                        published.receivers.most));
  }
}

// Takes the id off the front of `body`.
bool Conversation::check_receipt_id(std::string_view& body) {
  EventLog& log = roster_.log();
  const auto& events = current_.published.events;
  const bool none = events.empty() && current_.floating.empty();
  if (none || !log.has_history()) return take(body, "null");
  std::string begin = '"' + log.id_text(0);
  begin.pop_back();
  if (!take(body, begin)) return false;
  const auto sequence = take_number(body);
  if (!sequence || !take(body, "\"")) return false;
  if (events.empty() || log.at(events.back()).fate != Fate::kPublished) {
    return true;
  }
  const std::string fault = log.learn(events.back(), *sequence);
  if (!fault.empty()) violate("an answer that speaks of " + fault);
  return true;
}

}  // namespace rivulet::sim

#include "roster.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "conversation.h"

namespace rivulet::sim {

void Roster::enter(Conversation& conversation) {
  open_.push_back(&conversation);
}

void Roster::exit(Conversation& conversation) {
  moved_ += conversation.most_held();
  std::erase(open_, &conversation);
}

// ---- streams and events

Admission Roster::admission(size_t id, uint64_t group) const {
  struct Count {
    size_t limit;
    size_t surely = 0;
    size_t perhaps = 0;
  };
  std::array counts{Count{rules.max_streams}, Count{rules.max_streams_per_id},
                    Count{group == 0 ? 0 : rules.max_streams_per_address}};
  for (const Conversation* stream : streams_) {
    const bool same = id != Audience::kNoClient && stream->id() == id;
    const std::array counted{true, same, stream->group() == group};
    for (size_t i = 0; i < counts.size(); ++i) {
      if (!counted[i]) continue;
      ++(stream->surely_connected() ? counts[i].surely : counts[i].perhaps);
    }
  }
  Admission admission = Admission::kAdmitted;
  for (const Count& count : counts) {
    if (count.limit == 0) continue;
    if (count.surely >= count.limit) return Admission::kRefused;
    if (count.surely + count.perhaps >= count.limit) {
      admission = Admission::kPerhaps;
    }
  }
  return admission;
}

void Roster::join(Conversation& conversation) {
  streams_.push_back(&conversation);
}

void Roster::leave(Conversation& conversation) {
  const auto place = std::find(streams_.begin(), streams_.end(), &conversation);
  if (place != streams_.end()) streams_.erase(place);
}

// Of an event that is published now.
EventLog::Bounds Roster::receivers(const Audience& audience) const {
  EventLog::Bounds count{0, 0};
  for (const Conversation* stream : streams_) {
    if (!stream->is_for(audience)) continue;
    ++count.most;
    if (stream->surely_connected() && !stream->unchecked()) ++count.least;
  }
  return count;
}

uint32_t Roster::publish(const Audience& audience, const std::string& payload,
                         Fate fate) {
  const uint32_t number = log_.add(payload, fate, audience);
  if (fate == Fate::kDropped) return number;
  for (Conversation* stream : streams_) {
    if (!stream->is_for(audience)) continue;
    stream->expect_event(number);
    ++deliveries_;
  }
  return number;
}

void Roster::decide(uint32_t number, Fate fate) {
  const Fate before = log_.at(number).fate;
  if (before == fate) return;
  log_.set_fate(number, fate);
  for (Conversation* conversation : open_) {
    conversation->on_decided(number, before, fate);
  }
}

// ---- events whose place is open

namespace {

// A frame's own cost, its chunk's, and its id.
constexpr size_t kMostFloatingCost = 160;

}  // namespace

uint64_t Roster::float_event(const Conversation& publisher,
                             const std::string& payload) {
  floating_.push_back({&publisher, next_stamp(), payload});
  floating_bytes_ += payload.size() + kMostFloatingCost;
  return stamp_;
}

void Roster::on_answered(uint64_t stamp) {
  for (FloatingEvent& event : floating_) {
    if (event.stamp == stamp) event.answered = true;
  }
}

// Whether an event that may have been published has not, for an event with
// that stamp comes now, and it cannot be the earlier one: somebody awaits the
// one and came after the other.
bool Roster::is_outdated(uint32_t number, uint64_t stamp) const {
  return log_.at(number).fate == Fate::kUnknown &&
         std::any_of(
             streams_.begin(), streams_.end(), [&](const Conversation* stream) {
               return stream->joined_before(stamp) && !stream->awaits(number);
             });
}

bool Roster::place(const SeenEvent& seen, Conversation& receiver) {
  const auto event = std::find_if(floating_.begin(), floating_.end(),
                                  [&](const FloatingEvent& other) {
                                    return other.payload == seen.payload;
                                  });
  if (event == floating_.end()) return false;
  const bool out_of_order =
      std::any_of(floating_.begin(), event, [&](const FloatingEvent& other) {
        return other.publisher == event->publisher &&
               receiver.joined_before(other.stamp);
      });
  if (out_of_order) return false;
  // Who has left is in no position to say what came later.
  if (!receiver.streaming()) return true;
  const uint32_t number = log_.add(event->payload, Fate::kPublished, {});
  (void)log_.learn(number, seen.sequence);
  auto before = receiver.next_event();
  while (before && is_outdated(*before, event->stamp)) {
    decide(*before, Fate::kDropped);
    before = receiver.next_event();
  }
  const std::deque<uint32_t> later = receiver.awaited();
  for (Conversation* stream : open_) {
    stream->insert_event(number, later, event->stamp);
  }
  floating_bytes_ -= event->payload.size() + kMostFloatingCost;
  floating_.erase(event);
  return true;
}

// Everything has been written that a socket takes: who keeps up has all of
// what has been answered. What nobody can get any more is forgotten.
void Roster::check_floating(Journal& journal) {
  const bool all_keep_up = std::all_of(
      open_.begin(), open_.end(),
      [](const Conversation* stream) { return stream->keeps_up(); });
  for (const FloatingEvent& event : floating_) {
    if (!event.answered) continue;
    for (const Conversation* stream : streams_) {
      if (!stream->must_have(event.stamp)) continue;
      journal.violate(Journal::kNobody, "an event is answered and not sent");
    }
  }
  if (!all_keep_up) return;
  std::erase_if(floating_, [this](const FloatingEvent& event) {
    const bool done =
        event.answered ||
        std::find(open_.begin(), open_.end(), event.publisher) == open_.end();
    if (done) floating_bytes_ -= event.payload.size() + kMostFloatingCost;
    return done;
  });
}

// ---- memory

void Roster::on_no_memory() {
  ++failures_;
  short_of_memory_ = true;
}

bool Roster::excused_by_no_memory() {
  if (failures_ == 0) return false;
  --failures_;
  return true;
}

bool Roster::may_be_over_limit() const {
  size_t held = moved_;
  for (const Conversation* conversation : open_) {
    held += conversation->most_held();
  }
  return held > rules.memory_limit;
}

void Roster::on_sleep(bool idle, Journal& journal) {
  moved_ = 0;
  if (!idle) return;
  check_floating(journal);
  failures_ = 0;
  short_of_memory_ = false;
  size_t held = 0;
  for (const Conversation* conversation : open_) {
    held += conversation->least_held();
  }
  if (held <= rules.memory_limit) return;
  journal.violate(Journal::kNobody,
                  fmt::format("the server sleeps and holds {} bytes, more than "
                              "its memory-limit of {}",
                              held, rules.memory_limit));
}

// ---- the drain

void Roster::start_draining(base::Time now) {
  if (draining) return;
  draining = true;
  draining_since = now;
  streams_to_tell_ = streams_.size();
  for (Conversation* conversation : open_) conversation->on_drain(now);
}

// Streams are told one after the other, over four fifths of the time or 10 ms
// for each, so that their clients do not all come to the next server at once.
bool Roster::tell_one(base::Time now) {
  const base::Duration spread =
      std::min(rules.drain_timeout * 4 / 5,
               base::Duration(10) * static_cast<int64_t>(streams_to_tell_));
  const base::Duration elapsed = now - draining_since;
  ++told_;
  if (elapsed >= spread) return told_ <= streams_to_tell_;
  return told_ <= streams_to_tell_ * static_cast<size_t>(elapsed.count()) /
                          static_cast<size_t>(spread.count()) +
                      1;
}

// ---- who is connected

Presence Roster::presence(size_t id) const {
  Presence found = Presence::kAbsent;
  for (const Conversation* stream : streams_) {
    if (stream->id() != id) continue;
    if (stream->surely_connected()) return Presence::kConnected;
    found = Presence::kPerhaps;
  }
  return found;
}

// `vaguely`: now or later.
std::vector<Presence> Roster::everybody(bool vaguely) const {
  if (vaguely) return std::vector(ids_.size(), Presence::kPerhaps);
  std::vector<Presence> known(ids_.size(), Presence::kAbsent);
  for (const Conversation* stream : streams_) {
    if (stream->id() == Audience::kNoClient) continue;
    Presence& presence = known[stream->id()];
    presence =
        std::max(presence, stream->surely_connected() ? Presence::kConnected
                                                      : Presence::kPerhaps);
  }
  return known;
}

std::string Roster::fault_in(std::string_view list,
                             const std::vector<Presence>& known) const {
  if (list.size() < 2 || list.front() != '[' || list.back() != ']') {
    return "is not a JSON array";
  }
  std::vector<std::string_view> listed;
  for (size_t at = 1; at + 1 < list.size();) {
    size_t end = at + 1;
    while (end < list.size() && list[end] != '"')
      end += list[end] == '\\' ? 2U : 1U;
    listed.push_back(list.substr(at, end + 1 - at));
    at = end + 2;  // past the comma
  }
  for (size_t id = 0; id < ids_.size(); ++id) {
    const std::string& name = ids_[id].in_json;
    const auto count = std::count(listed.begin(), listed.end(), name);
    if (count > 1) return fmt::format("names {} twice", name);
    if (count == 0 && known[id] == Presence::kConnected) {
      return fmt::format("lacks {}, who is connected", name);
    }
    if (count == 1 && known[id] == Presence::kAbsent) {
      return fmt::format("names {}, who is not connected", name);
    }
    if (count == 1) std::erase(listed, std::string_view(name));
  }
  if (listed.empty()) return {};
  return fmt::format("names {}, whom nobody knows", listed.front());
}

}  // namespace rivulet::sim

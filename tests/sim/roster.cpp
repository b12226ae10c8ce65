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
    const std::array counted{true, stream->id() == id,
                             stream->group() == group};
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

uint32_t Roster::publish(const Request& request, Fate fate) {
  const auto number = static_cast<uint32_t>(events_.size());
  events_.push_back({request.payload, fate});
  const bool to_all = request.effect == Effect::kPublishToAll;
  for (Conversation* stream : streams_) {
    if (!to_all && stream->id() != request.id) continue;
    stream->expect_event(number);
    ++deliveries_;
  }
  return number;
}

void Roster::decide(uint32_t number, Fate fate) {
  Event& event = events_[number];
  if (event.fate == fate) return;
  const Fate before = std::exchange(event.fate, fate);
  for (Conversation* conversation : open_) {
    conversation->on_decided(number, before, fate);
  }
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

std::vector<Presence> Roster::everybody() const {
  std::vector<Presence> known(ids_.size(), Presence::kAbsent);
  for (const Conversation* stream : streams_) {
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

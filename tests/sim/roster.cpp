#include "roster.h"

#include <fmt/format.h>

#include <algorithm>

#include "conversation.h"

namespace rivulet::sim {

void Roster::join(Conversation& conversation) {
  streams_.push_back(&conversation);
}

void Roster::leave(Conversation& conversation) {
  const auto place = std::find(streams_.begin(), streams_.end(), &conversation);
  if (place != streams_.end()) streams_.erase(place);
}

void Roster::publish(const Request& request, bool certain) {
  const auto number = static_cast<uint32_t>(events_.size());
  events_.push_back({request.payload, certain});
  const bool to_all = request.effect == Effect::kPublishToAll;
  for (Conversation* stream : streams_) {
    if (!to_all && stream->id() != request.id) continue;
    stream->expect_event(number);
    ++deliveries_;
  }
}

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

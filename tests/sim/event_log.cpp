#include "event_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "hub/history.h"
#include "sse/frame.h"

namespace rivulet::sim {
namespace {

constexpr std::string_view kIdField = "id: ";

size_t chunk_size(size_t payload) {
  return fmt::formatted_size("{:x}", payload) + 2 + payload + 2;
}

// As the README has it: of encoded frames, and what keeping each costs.
size_t cost_of(const Event& event, size_t payload) {
  constexpr size_t kMalloc = 16;
  constexpr size_t kBucket = sizeof(void*);
  const size_t names =
      event.audience.name_bytes +
      event.audience.topic_count * (sizeof(hub::TopicRef) + kMalloc +
                                    sizeof(hub::Topic) + kMalloc + kBucket);
  return chunk_size(payload) + sizeof(sse::Frame) +
         sizeof(hub::History::Entry) + kMalloc + names;
}

}  // namespace

size_t EventLog::id_size(uint64_t sequence) const {
  if (!has_history()) return 0;
  return kIdField.size() + rules_.epoch.size() + 1 +
         fmt::formatted_size("{}", sequence) + 1;
}

uint32_t EventLog::add(std::string payload, Fate fate, Audience audience) {
  const auto number = static_cast<uint32_t>(events_.size());
  const Bounds sequence = sequence_of(number);
  const size_t least = payload.size() + id_size(sequence.least);
  const size_t most = payload.size() + id_size(sequence.most);
  events_.push_back({std::move(payload), fate, audience, least, most});
  largest_ = std::max(largest_, most);
  first_is_known_ = false;
  return number;
}

void EventLog::set_fate(uint32_t number, Fate fate) {
  events_[number].fate = fate;
  first_is_known_ = false;
}

EventLog::Bounds EventLog::sequence_of(uint32_t number) const {
  Bounds sequence{1, 1};
  uint64_t surely = 0;
  uint64_t perhaps = 0;
  for (uint32_t i = number; i > 0; --i) {
    const Event& before = events_[i - 1];
    if (before.sequence != 0) {
      sequence = {before.sequence + 1, before.sequence + 1};
      break;
    }
    if (before.fate == Fate::kPublished) ++surely;
    if (before.fate == Fate::kUnknown) ++perhaps;
  }
  return {sequence.least + surely, sequence.most + surely + perhaps};
}

bool EventLog::any_surely(uint64_t from, uint64_t to) const {
  for (uint64_t n = from; n < to; ++n) {
    if (events_[n].fate == Fate::kPublished) return true;
  }
  return false;
}

bool EventLog::any_perhaps(uint64_t from, uint64_t to) const {
  for (uint64_t n = from; n < to; ++n) {
    if (events_[n].fate != Fate::kDropped) return true;
  }
  return false;
}

std::optional<uint32_t> EventLog::find(uint64_t sequence) const {
  Bounds next{1, 1};  // of the next one that was published
  for (uint32_t n = 0; n < events_.size(); ++n) {
    const Event& event = events_[n];
    if (event.sequence != 0) next = {event.sequence, event.sequence};
    const bool sure = event.fate == Fate::kPublished;
    if (sure && next.least == sequence && next.most == sequence) return n;
    if (sure) ++next.least;
    if (event.fate != Fate::kDropped) ++next.most;
  }
  return std::nullopt;
}

// ---- what is held

EventLog::Bounds EventLog::first() const {
  if (!first_is_known_) first_ = {first_held(false), first_held(true)};
  first_is_known_ = true;
  return first_;
}

// The newest ones, as many as there is room for.
uint32_t EventLog::first_held(bool with_unknown) const {
  auto first = static_cast<uint32_t>(events_.size());
  size_t count = 0;
  size_t bytes = 0;
  while (first > 0) {
    const Event& event = events_[first - 1];
    const bool counts = event.fate == Fate::kPublished ||
                        (event.fate == Fate::kUnknown && with_unknown);
    if (counts) {
      bytes +=
          cost_of(event, with_unknown ? event.wire_most : event.wire_least);
      if (++count > rules_.events || bytes > rules_.bytes) break;
    }
    --first;
  }
  return first;
}

// ---- ids

std::string EventLog::id_text(uint64_t sequence) const {
  return has_history() ? fmt::format("{}-{}", rules_.epoch, sequence)
                       : std::string();
}

std::string EventLog::gap_text(std::string_view after, uint64_t before) const {
  const std::string id =
      has_history() ? fmt::format("id: {}\n", id_text(before - 1)) : "";
  return fmt::format(
      "event: gap\ndata: {{\"after\":\"{}\",\"before\":\"{}\"}}\n{}\n", after,
      id_text(before), id);
}

uint64_t EventLog::sequence_in(std::string_view gap,
                               std::string_view field) const {
  const std::string begin = fmt::format("\"{}\":\"{}-", field, rules_.epoch);
  const size_t place = gap.rfind(begin);
  uint64_t sequence = 0;
  if (place != std::string_view::npos) {
    std::from_chars(gap.data() + place + begin.size(), gap.data() + gap.size(),
                    sequence);
  }
  return sequence;
}

SeenEvent EventLog::parse(std::string_view text) const {
  if (!has_history()) return {std::string(text)};
  constexpr std::string_view kEnd = "\n\n";
  const size_t field = text.rfind("\nid: ");
  if (field == std::string_view::npos || !text.ends_with(kEnd)) {
    return {std::string(text), 0, "has no id"};
  }
  const std::string begin = fmt::format("\nid: {}-", rules_.epoch);
  std::string_view id = text.substr(field);
  if (!id.starts_with(begin)) {
    return {std::string(text), 0, "has an id of another epoch"};
  }
  id = id.substr(begin.size(), id.size() - begin.size() - kEnd.size());
  uint64_t sequence = 0;
  const auto parsed =
      std::from_chars(id.data(), id.data() + id.size(), sequence);
  if (parsed.ptr != id.data() + id.size() || sequence == 0) {
    return {std::string(text), 0, "has an id without a number"};
  }
  return {std::string(text.substr(0, field + 1)) + '\n', sequence};
}

std::string EventLog::learn(uint32_t number, uint64_t sequence) {
  Event& event = events_[number];
  if (event.sequence == sequence) return {};
  if (event.sequence != 0) {
    return fmt::format("number {} has been number {} elsewhere", sequence,
                       event.sequence);
  }
  const Bounds due = sequence_of(number);
  if (ordered_ && (sequence < due.least || sequence > due.most)) {
    return fmt::format("number {}, which was to be from {} to {}", sequence,
                       due.least, due.most);
  }
  event.sequence = sequence;
  return {};
}

}  // namespace rivulet::sim

#include "server/recalls.h"

#include <new>
#include <vector>

#include "server/stream.h"
#include "sse/frame.h"

namespace rivulet::server {
namespace {

std::optional<hub::EventId> first_of(const cluster::RedisReply& entries) {
  if (entries.size() == 0) return std::nullopt;
  return cluster::entry_id(entries.at(0));
}

}  // namespace

void Recalls::go_on(Stream& stream, hub::EventId seen) {
  Recall& recall = recalls_.try_emplace(&stream, stream).first->second;
  recall.seen = seen;
  want(recall);
}

void Recalls::want(Recall& recall) {
  recall.state = State::kWanting;
  wanting_.push_back(recall);
}

void Recalls::more(Stream& stream) {
  const auto found = recalls_.find(&stream);
  if (found == recalls_.end() || found->second.state != State::kWriting) return;
  want(found->second);
}

void Recalls::forget(Stream& stream) {
  recalls_.erase(&stream);
}

void Recalls::on_new_epoch() {
  for (auto& [stream, recall] : recalls_) {
    if (recall.state == State::kAhead) want(recall);
  }
}

void Recalls::run_due() {
  while (!wanting_.empty() && asked_.size() < kMostAsked) {
    Recall& recall = wanting_.front();
    const uint64_t number = next_number_++;
    const auto asked = asked_.emplace(number, &recall.stream).first;
    if (!backplane_.fetch(recall.seen, kSlice + 1, number)) {
      asked_.erase(asked);
      return;
    }
    wanting_.pop_front();
    recall.state = State::kAsked;
    recall.number = number;
  }
}

void Recalls::on_slices_lost() {
  asked_.clear();
  for (auto& [stream, recall] : recalls_) {
    if (recall.state == State::kAsked) want(recall);
  }
}

// Another instance had been faster; now this one has read as far.
void Recalls::on_progress() {
  std::vector<Stream*> ready;
  for (auto& [stream, recall] : recalls_) {
    if (recall.state != State::kAhead) continue;
    if (next_in_history(recall.seen)) {
      ready.push_back(stream);
    } else if (recall.seen <= backplane_.intake().last()) {
      want(recall);  // the history has passed it by
    }
  }
  for (Stream* stream : ready) {
    const auto next = next_in_history(recalls_.at(stream).seen);
    recalls_.erase(stream);
    static_cast<void>(stream->on_recalled(next));
  }
}

std::optional<uint64_t> Recalls::next_in_history(hub::EventId seen) const {
  const hub::History& history = hub_.history();
  if (seen > backplane_.intake().last()) return std::nullopt;
  if (seen >= history.newest()) return history.next();
  return history.after(seen);
}

void Recalls::on_slice(uint64_t number, const cluster::RedisReply& entries) {
  const auto asked = asked_.find(number);
  if (asked == asked_.end()) return;
  Stream* const stream = asked->second;
  asked_.erase(asked);
  const auto found = recalls_.find(stream);
  if (found == recalls_.end() || found->second.number != number) return;
  if (entries.kind() == cluster::RedisReply::Kind::kError) {
    return stream->on_no_memory();  // Redis does not say: as at our own fault
  }
  try {
    take(*stream, found->second, entries);
  } catch (const std::bad_alloc&) {
    stream->on_no_memory();  // or it would miss what could not be taken
  }
}

void Recalls::take(Stream& stream, Recall& recall,
                   const cluster::RedisReply& entries) {
  const auto first = first_of(entries);
  const hub::EventId before = recall.seen;
  const bool whole =
      recall.seen == hub::EventId() ||
      (first && (*first == recall.seen || predecessor(*first) == recall.seen));
  if (!whole && !tell_gap(stream, recall, first)) {
    return stream.on_no_memory();
  }
  if (!take_entries(stream, recall, entries)) return stream.on_no_memory();
  const bool at_end = entries.size() <= kSlice;
  const bool ahead = recall.seen > backplane_.intake().last();
  auto next = next_in_history(recall.seen);
  if (!whole && !first) next = hub_.history().first();
  // Redis has nothing more, and the history begins later.
  if (!next && at_end && !ahead && recall.seen == before) {
    if (!tell_gap(stream, recall, std::nullopt)) return stream.on_no_memory();
    next = hub_.history().first();
  }
  if (next) {
    recalls_.erase(&stream);
    static_cast<void>(stream.on_recalled(next));
    return;
  }
  const bool waits = at_end && ahead;
  recall.state = waits ? State::kAhead : State::kWriting;
  if (!stream.on_recalled(std::nullopt) && !waits) want(recall);
}

// Those that are for the client. False, or std::bad_alloc, without memory.
bool Recalls::take_entries(Stream& stream, Recall& recall,
                           const cluster::RedisReply& entries) {
  for (size_t i = 0; i < entries.size(); ++i) {
    hub::EventId id;
    const auto entry = cluster::read_entry(entries.at(i), id);
    if (id <= recall.seen) continue;
    recall.seen = id;
    if (!entry || entry->kind != cluster::EntryKind::kEvent) continue;
    if (!hub::Hub::is_for(stream, entry->target())) continue;
    sse::Event event = entry->event;
    const std::string text = redis_text(id);
    event.id = text;
    if (!stream.take_recalled(sse::encode_event(event))) return false;
  }
  return true;
}

bool Recalls::tell_gap(Stream& stream, const Recall& recall,
                       std::optional<hub::EventId> before) {
  const uint64_t first = hub_.history().first();
  const std::string ahead = before ? redis_text(*before) : hub_.id_text(first);
  const std::string id =
      before ? redis_text(predecessor(*before)) : hub_.id_text(first - 1);
  return stream.tell_gap(redis_text(recall.seen), ahead, id);
}

}  // namespace rivulet::server

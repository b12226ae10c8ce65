#include "cluster/intake.h"

#include <fmt/format.h>

#include <algorithm>

namespace rivulet::cluster {
Intake::Intake(os::Reactor& reactor, base::Random& random,
               const RedisAddress& address, const Keys& keys, size_t look_back,
               Owner& owner)
    : reactor_(reactor),
      keys_(keys),
      look_back_(look_back),
      owner_(owner),
      link_(reactor, random, address, *this) {}

void Intake::carry(base::State& state) {
  bool knows_epoch = epoch_.has_value();
  hub::EventId epoch = epoch_.value_or(hub::EventId());
  state.flag(begun_);
  state.flag(torn_);
  state.flag(knows_epoch);
  for (hub::EventId* id : {&last_, &born_after_, &epoch}) {
    state.number(id->epoch);
    state.number(id->sequence);
  }
  state.number(entries_);
  if (knows_epoch) epoch_ = epoch;
}

void Intake::on_up() {
  const std::string count = fmt::to_string(begun_ ? 1 : look_back_ + 1);
  link_.send({"XREVRANGE", keys_.events, "+", "-", "COUNT", count});
  awaits_ = Awaits::kWhereToBegin;
}

void Intake::on_down() {
  awaits_ = Awaits::kNothing;
  caught_up_ = false;
}

void Intake::on_reply(const RedisReply& reply) {
  if (reply.kind() == RedisReply::Kind::kError) {
    return link_.start_over(std::string(reply.text()));
  }
  switch (awaits_) {
    case Awaits::kWhereToBegin:
      return begin(reply);
    case Awaits::kProof:
      torn_ = torn_ || reply.size() == 0;
      awaits_ = Awaits::kEntries;
      return;
    case Awaits::kEntries:
      return take(reply);
    case Awaits::kNothing:
      return;
  }
}

// The newest comes first. The oldest of those asked for is not read again: it
// is what the others follow.
void Intake::begin(const RedisReply& reply) {
  const size_t count = reply.size();
  head_ = count == 0 ? hub::EventId()
                     : entry_id(reply.at(0)).value_or(hub::EventId());
  if (!begun_ && count > look_back_) {
    last_ = entry_id(reply.at(count - 1)).value_or(hub::EventId());
  }
  if (!begun_) {
    born_after_ = head_;
    owner_.on_begin(last_);
  } else if (head_ != hub::EventId() && head_ < last_) {
    // Another Redis, which knows less: what follows may have smaller ids.
    owner_.on_new_epoch(last_, head_);
    last_ = head_;
    torn_ = false;
  }
  begun_ = true;
  caught_up_ = last_ >= head_;
  owner_.on_progress();
  awaits_ = Awaits::kNothing;
  run_due();
}

void Intake::run_due() {
  link_.run_due();
  const bool idle = link_.up() && awaits_ == Awaits::kNothing;
  if (idle && owner_.appetite() > 0) ask();
}

std::optional<base::Time> Intake::next() const {
  // Not hungry: asked again when this turn's share is written.
  if (link_.up() && awaits_ == Awaits::kNothing) return reactor_.now();
  return link_.next();
}

void Intake::ask() {
  const std::string last = redis_text(last_);
  const std::string count =
      fmt::to_string(std::min(owner_.appetite(), kMostEntries));
  const bool proof = last_ != hub::EventId();
  if (proof) link_.send({"XRANGE", keys_.events, last, last, "COUNT", "1"});
  link_.send({"XREAD", "BLOCK", kBlockMs, "COUNT", count, "STREAMS",
              keys_.events, last});
  awaits_ = proof ? Awaits::kProof : Awaits::kEntries;
}

// [[key, [entry, ...]]], or nothing when there was none in time.
void Intake::take(const RedisReply& reply) {
  if (reply.size() == 1 && reply.at(0).size() == 2) {
    const RedisReply entries = reply.at(0).at(1);
    for (size_t i = 0; i < entries.size(); ++i) take_entry(entries.at(i));
  }
  caught_up_ = caught_up_ || last_ >= head_ || reply.size() == 0;
  awaits_ = Awaits::kNothing;
  owner_.on_progress();
  run_due();
}

void Intake::take_entry(const RedisReply& reply) {
  hub::EventId id;
  const auto entry = read_entry(reply, id);
  if (id <= last_) return;
  if (entry && entry->kind == EntryKind::kEpoch) {
    take_epoch(*entry);
  } else if (torn_) {
    owner_.on_gap(last_, id);
    epoch_.reset();  // its beginning may have been among what is gone
  }
  torn_ = false;
  if (!entry) {
    owner_.on_strange_entry(id);
  } else if (entry->kind != EntryKind::kEpoch) {
    owner_.on_entry(*entry);
  }
  last_ = id;
  ++entries_;
}

// One that was there when we came is no news.
void Intake::take_epoch(const Entry& entry) {
  const bool news = epoch_ && entry.id > *epoch_;
  if (news) owner_.on_new_epoch(last_, entry.id);
  if (news || !epoch_) epoch_ = entry.id;
}

// A clock that went back gives a new history smaller ids than we have read.
void Intake::check_epoch(hub::EventId epoch) {
  if (!epoch_) epoch_ = epoch;
  if (epoch == *epoch_ || epoch > last_) return;
  owner_.on_new_epoch(last_, epoch);
  epoch_ = epoch;
  last_ = epoch;
  torn_ = false;
  link_.start_over("another history");
}

}  // namespace rivulet::cluster

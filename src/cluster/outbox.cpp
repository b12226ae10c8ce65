#include "cluster/outbox.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace rivulet::cluster {
namespace {

// For a client of another instance, or of none: the entry is added where he is
// connected. A hash without its instance has expired.
constexpr std::string_view kPublishIfConnected = R"(
for _, clients in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  if redis.call('HEXISTS', clients, ARGV[1]) == 1 then
    return redis.call('XADD', KEYS[1], unpack(ARGV, 2))
  end
  if redis.call('EXISTS', clients) == 0 then
    redis.call('SREM', KEYS[2], clients)
  end
end
return false
)";

std::string origin_of(std::string_view instance, uint64_t number) {
  return fmt::format("{}.{}", instance, number);
}

}  // namespace

Outbox::Outbox(os::Reactor& reactor, Commands& commands, const Keys& keys,
               std::string instance, OutboxLimits limits)
    : reactor_(reactor),
      commands_(commands),
      keys_(keys),
      instance_(std::move(instance)),
      limits_(limits),
      stream_events_(fmt::to_string(limits.stream_events)) {}

// What waits goes first; and while something is in doubt, it may be before.
bool Outbox::may_send() const {
  return commands_.there() && doubtful_.empty();
}

bool Outbox::publish(const hub::Target& target, const sse::Event& event,
                     bool if_connected, TicketRef ticket) {
  const bool now = may_send() && waiting_.empty();
  const bool waits = limits_.wait > base::Duration(0);
  const size_t bytes = event.data.size() + sizeof(Letter);
  if ((!now && !waits) || bytes_ + bytes > kMostBytes) {
    ++failed_;
    return false;
  }
  Letter letter{.number = next_number_,
                .ticket = std::move(ticket),
                .bytes = bytes,
                .sent = os::Reactor::fine_now(),
                .until = reactor_.now() + limits_.wait};
  const std::string origin = origin_of(instance_, letter.number);
  std::string retry;
  std::vector<std::string_view> command;
  write_command(command, target, if_connected);
  append_fields(command, target, event, origin, retry);
  if (waits) letter.words.assign(command.begin(), command.end());
  Letters& letters = now ? flying_ : waiting_;
  letters.push_back(std::move(letter));
  ++next_number_;
  bytes_ += bytes;
  if (now) {
    commands_.ask(command, *this, 0);
    take_off(flying_.back());
  }
  return true;
}

void Outbox::write_command(std::vector<std::string_view>& command,
                           const hub::Target& target, bool if_connected) const {
  if (if_connected) {
    command = {"EVAL",       kPublishIfConnected, "2",
               keys_.events, keys_.instances,     target.client};
  } else {
    command = {"XADD", keys_.events};
  }
  for (const std::string_view word :
       {std::string_view("MAXLEN"), std::string_view("~"),
        std::string_view(stream_events_), std::string_view("*")}) {
    command.push_back(word);
  }
}

void Outbox::take_off(Letter& letter) {
  letter.sent = os::Reactor::fine_now();
  if (timed_ != 0) return;
  timed_ = letter.number;
  timed_since_ = letter.sent;
}

void Outbox::on_reply(uint64_t /*what*/, const RedisReply& reply) {
  Letter letter = std::move(flying_.front());
  flying_.pop_front();
  bytes_ -= letter.bytes;
  answer_times_.observe(os::Reactor::fine_now() - letter.sent);
  Asker* const asker = letter.ticket->asker;
  if (reply.kind() == RedisReply::Kind::kError) {
    ++failed_;
    if (timed_ == letter.number) timed_ = 0;
    if (asker != nullptr) asker->on_failed();
  } else if (const auto id =
                 hub::parse_event_id(reply.text(), hub::IdSystem::kRedis)) {
    if (asker != nullptr) asker->on_published(*id);
  } else {
    if (timed_ == letter.number) timed_ = 0;
    if (asker != nullptr) asker->on_nobody_there();
  }
  send_waiting();
}

void Outbox::on_down() {
  timed_ = 0;
  Letters lost = std::exchange(flying_, {});
  for (Letter& letter : lost) {
    if (letter.read_back != hub::EventId()) {
      arrived(letter, letter.read_back);
    } else if (letter.words.empty()) {
      fail(letter);
    } else {
      doubtful_.push_back(std::move(letter));
    }
  }
}

void Outbox::on_read_back(std::string_view origin, hub::EventId id) {
  if (base::take_until(origin, '.') != instance_) return;
  const auto number = base::parse_decimal(origin);
  if (!number) return;
  if (*number == timed_) {
    round_trips_.observe(os::Reactor::fine_now() - timed_since_);
    timed_ = 0;
  }
  const auto find = [&number](Letters& letters) -> Letters::iterator {
    const auto at =
        std::ranges::lower_bound(letters, *number, {}, &Letter::number);
    const bool found = at != letters.end() && at->number == *number;
    return found ? at : letters.end();
  };
  // Its answer may be lost yet, and nobody reads it a second time.
  if (const auto at = find(flying_); at != flying_.end()) at->read_back = id;
  const auto at = find(doubtful_);
  if (at == doubtful_.end()) return;
  const Letter letter = std::move(*at);
  doubtful_.erase(at);
  arrived(letter, id);
}

void Outbox::arrived(const Letter& letter, hub::EventId id) {
  bytes_ -= letter.bytes;
  if (letter.ticket->asker != nullptr) letter.ticket->asker->on_published(id);
}

// What is still in doubt did not arrive: it goes first, as it was first.
void Outbox::on_clear() {
  waiting_.insert(waiting_.begin(), std::make_move_iterator(doubtful_.begin()),
                  std::make_move_iterator(doubtful_.end()));
  doubtful_.clear();
  send_waiting();
}

void Outbox::send_waiting() {
  while (!waiting_.empty() && may_send()) {
    flying_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
    Letter& letter = flying_.back();
    const std::vector<std::string_view> command(letter.words.begin(),
                                                letter.words.end());
    commands_.ask(command, *this, 0);
    take_off(letter);
  }
}

void Outbox::run_due() {
  fail_late(doubtful_);
  fail_late(waiting_);
  send_waiting();
}

std::optional<base::Time> Outbox::next() const {
  std::optional<base::Time> due;
  for (const Letters* letters : {&doubtful_, &waiting_}) {
    if (letters->empty()) continue;
    const base::Time until = letters->front().until;
    if (!due || until < *due) due = until;
  }
  return due;
}

void Outbox::fail_late(Letters& letters) {
  while (!letters.empty() && letters.front().until <= reactor_.now()) {
    Letter letter = std::move(letters.front());
    letters.pop_front();
    fail(letter);
  }
}

void Outbox::fail(Letter& letter) {
  bytes_ -= letter.bytes;
  ++failed_;
  if (letter.ticket->asker != nullptr) letter.ticket->asker->on_failed();
}

}  // namespace rivulet::cluster

#include "cluster/outbox.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <iterator>
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

// Not while something is in doubt: it was published before, so it goes first.
bool Outbox::may_send() const {
  return commands_.there() && doubtful_.empty();
}

bool Outbox::publish(const hub::Target& target, const sse::Event& event,
                     bool if_connected, TicketRef ticket) {
  const bool now = may_send() && waiting_.empty();
  const bool waits = limits_.wait > base::Duration(0);
  const std::string origin = origin_of(instance_, next_number_);
  std::string retry;
  std::vector<std::string_view> command;
  write_command(command, target, if_connected);
  append_fields(command, target, event, origin, retry);
  const size_t bytes = cost_of(command);
  if ((!now && !waits) || bytes_ + bytes > kMostBytes) {
    ++failed_;
    return false;
  }
  Letter letter{.number = next_number_,
                .ticket = std::move(ticket),
                .bytes = bytes,
                .until = reactor_.now() + limits_.wait};
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

// As if it were kept, whether it is or not: hiredis has it all the same.
size_t Outbox::cost_of(const std::vector<std::string_view>& command) {
  size_t bytes = sizeof(Letter);
  for (const std::string_view word : command) {
    bytes += word.size() + sizeof(std::string);
  }
  return bytes;
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

// Takes no memory: who waits must hear of it.
void Outbox::on_down() {
  timed_ = 0;
  if (flying_.empty()) return;
  assert(doubtful_.empty());  // while something is, nothing is sent
  doubtful_.swap(flying_);
  std::erase_if(doubtful_, [this](Letter& letter) {
    const bool read = letter.read_back != hub::EventId();
    if (read) arrived(letter, letter.read_back);
    if (!read && letter.words.empty()) fail(letter);
    return read || letter.words.empty();
  });
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

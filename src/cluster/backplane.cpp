#include "cluster/backplane.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace rivulet::cluster {
namespace {

// The epoch is the first entry of the stream; one of all instances adds it.
constexpr std::string_view kBeginOrFind = R"(
local epoch = redis.call('GET', KEYS[2])
if epoch and redis.call('EXISTS', KEYS[1]) == 1 then return epoch end
epoch = redis.call('XADD', KEYS[1], '*', 'e', ARGV[1])
redis.call('SET', KEYS[2], epoch)
return epoch
)";

// Numbers of slices follow the other questions.
constexpr uint64_t kFirstSlice = 16;

}  // namespace

Backplane::Backplane(os::Reactor& reactor, base::Random& random,
                     const hub::Hub& hub, BackplaneSettings settings,
                     Listener& listener)
    : reactor_(reactor),
      hub_(hub),
      settings_(std::move(settings)),
      keys_(settings_.prefix, settings_.instance),
      listener_(listener),
      commands_(reactor, random, settings_.redis, *this),
      fence_(commands_, settings_.instance, *this),
      outbox_(reactor, commands_, keys_, settings_.instance, settings_.outbox),
      presence_(hub, commands_, keys_),
      intake_(reactor, random, settings_.redis, keys_, settings_.look_back,
              *this) {}

bool Backplane::ready() const {
  return commands_.there() && intake_.caught_up();
}

// Whether the client is connected here is known without Redis.
bool Backplane::publish(const hub::Target& target, const sse::Event& event,
                        TicketRef ticket) {
  const bool elsewhere =
      !target.client.empty() && hub_.subscriber_count(target.client) == 0;
  return outbox_.publish(target, event, elsewhere, std::move(ticket));
}

bool Backplane::kick(std::string_view client, TicketRef ticket) {
  if (!commands_.there()) return false;
  commands_.ask({"XADD", keys_.events, "*", "k", client}, std::move(ticket));
  return true;
}

bool Backplane::ask_instances(TicketRef ticket) {
  if (!commands_.there()) return false;
  commands_.ask({"SMEMBERS", keys_.instances}, std::move(ticket));
  return true;
}

bool Backplane::ask_clients(std::string_view hash, TicketRef ticket) {
  if (!commands_.there()) return false;
  commands_.ask({"HKEYS", hash}, std::move(ticket));
  return true;
}

bool Backplane::ask_client(std::string_view hash, std::string_view client,
                           TicketRef ticket) {
  if (!commands_.there()) return false;
  commands_.ask({"HGET", hash, client}, std::move(ticket));
  return true;
}

bool Backplane::fetch(hub::EventId first, size_t count, uint64_t number) {
  if (!commands_.there()) return false;
  const std::string from = hub::redis_text(first);
  const std::string entries = fmt::to_string(count);
  const std::array<std::string_view, 6> command{
      "XRANGE", keys_.events, from, "+", "COUNT", entries};
  commands_.ask(command, *this, kFirstSlice + number);
  return true;
}

void Backplane::on_commands_up() {
  ask_epoch();
  presence_.tell_all();
  refresh_due_ = reactor_.now() + kRefreshEvery;
  head_.reset();
  fence_.begin();
}

void Backplane::on_fenced() {
  commands_.ask({"XREVRANGE", keys_.events, "+", "-", "COUNT", "1"}, *this,
                kHead);
}

void Backplane::on_commands_down() {
  ++losses_;
  outbox_.on_down();
  listener_.on_slices_lost();
}

void Backplane::ask_epoch() {
  commands_.ask({"EVAL", kBeginOrFind, "2", keys_.events, keys_.epoch,
                 settings_.instance},
                *this, kEpoch);
}

void Backplane::on_reply(uint64_t what, const RedisReply& reply) {
  if (what >= kFirstSlice) {
    return listener_.on_slice(what - kFirstSlice, reply);
  }
  if (reply.kind() == RedisReply::Kind::kError) {
    return commands_.link().start_over(std::string(reply.text()));
  }
  if (what == kHead) return take_head(reply);
  const auto epoch = hub::parse_event_id(reply.text(), hub::IdSystem::kRedis);
  if (epoch) intake_.check_epoch(*epoch);
}

void Backplane::take_head(const RedisReply& newest) {
  head_ = hub::EventId();  // of a stream without entries
  if (newest.size() > 0) head_ = entry_id(newest.at(0));
  look_at_doubts();
}

// What the old connection carried is in the stream by now, or never will be.
void Backplane::look_at_doubts() {
  if (!head_ || intake_.last() < *head_) return;
  head_.reset();
  outbox_.on_clear();
}

size_t Backplane::appetite() const {
  return listener_.appetite();
}

void Backplane::on_entry(const Entry& entry) {
  if (!entry.origin.empty()) outbox_.on_read_back(entry.origin, entry.id);
  const bool old = !been_present_ && entry.id <= intake_.born_after();
  if (entry.kind == EntryKind::kEvent) return listener_.on_event(entry, old);
  if (!old) listener_.on_kick(entry.client);
}

void Backplane::on_begin(hub::EventId after) {
  listener_.on_begin(after);
}

void Backplane::start_over() {
  commands_.link().start_over("no memory");
  intake_.start_over();
}

void Backplane::on_gap(hub::EventId after, hub::EventId before) {
  listener_.on_gap(after, before);
}

void Backplane::on_new_epoch(hub::EventId last, hub::EventId epoch) {
  listener_.on_new_epoch(last, epoch);
}

void Backplane::on_strange_entry(hub::EventId id) {
  listener_.on_strange_entry(id);
}

void Backplane::on_progress() {
  been_present_ = been_present_ || intake_.caught_up();
  look_at_doubts();
  listener_.on_progress();
}

void Backplane::carry(base::State& state) {
  state.flag(been_present_);
  state.number(losses_);
  outbox_.carry(state);
  intake_.carry(state);
}

void Backplane::leave() {
  if (commands_.there()) presence_.leave();
}

void Backplane::run_due() {
  commands_.link().run_due();
  if (commands_.link().up() && reactor_.now() >= refresh_due_) refresh();
  outbox_.run_due();
  presence_.write();
  intake_.run_due();
  look_at_state();
}

void Backplane::refresh() {
  refresh_due_ = reactor_.now() + kRefreshEvery;
  ask_epoch();
  presence_.refresh();
}

// Says once that it is away, and once that it is there.
void Backplane::look_at_state() {
  const bool now = ready();
  if (now == there_ && (now || told_away_)) return;
  if (now) {
    there_ = true;
    told_away_ = false;
    return listener_.on_there();
  }
  const std::string_view why = problem();
  const bool trying = !there_ && why.empty();  // for the first time
  there_ = false;
  if (trying) return;
  told_away_ = true;
  listener_.on_away(why);
}

std::string_view Backplane::problem() const {
  if (!commands_.link().up()) return commands_.link().problem();
  if (!commands_.there()) return "no answer";
  return intake_.link().problem();
}

std::optional<base::Time> Backplane::next() const {
  std::optional<base::Time> earliest;
  const auto consider = [&earliest](std::optional<base::Time> due) {
    if (due && (!earliest || *due < *earliest)) earliest = due;
  };
  consider(commands_.link().next());
  consider(outbox_.next());
  consider(intake_.next());
  if (commands_.link().up()) consider(refresh_due_);
  if (presence_.has_to_write()) consider(reactor_.now());
  return earliest;
}

}  // namespace rivulet::cluster

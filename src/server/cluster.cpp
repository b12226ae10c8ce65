#include "server/cluster.h"

#include <algorithm>
#include <new>
#include <string>

#include "server/context.h"
#include "server/gap.h"

namespace rivulet::server {
namespace {

// What is read at the start at most, in one reply: Redis has the rest.
constexpr size_t kMostLookBack = 1'000;

std::string text_of(hub::EventId id) {
  return id == hub::EventId() ? std::string() : redis_text(id);
}

cluster::BackplaneSettings backplane_settings(const Settings& settings) {
  return {.redis = *settings.redis,
          .prefix = settings.redis_prefix,
          .instance = settings.instance,
          .outbox = {.stream_events = settings.redis_events,
                     .wait = settings.redis_wait},
          .look_back = std::min(settings.history.events, kMostLookBack)};
}

}  // namespace

Cluster::Cluster(Context& context)
    : context_(context),
      backplane_(context.reactor, context.random, context.hub,
                 backplane_settings(context.settings), *this),
      recalls_(context.hub, backplane_) {}

void Cluster::run_due() {
  try {
    backplane_.run_due();
    recalls_.run_due();
  } catch (const std::bad_alloc&) {
    backplane_.start_over();
  }
}

// A stream asks for more once it has written what it got: after run_due().
std::optional<base::Time> Cluster::next() const {
  if (recalls_.has_to_ask()) return context_.reactor.now();
  return backplane_.next();
}

// One reply is handed out in one go: so it brings no more than a turn may.
size_t Cluster::appetite() const {
  if (context_.publish_turns.full()) return 0;
  return context_.settings.deliveries_a_turn /
             (context_.hub.subscriber_count() + 1) +
         1;
}

// Streams may have come before Redis did: what is old is not news to them.
void Cluster::on_event(const cluster::Entry& entry, bool old) {
  if (entry.id <= context_.hub.history().newest()) return;  // it was told
  if (old) return context_.hub.keep(entry.id, entry.target(), entry.event);
  context_.deliver(entry.id, entry.target(), entry.event);
}

void Cluster::on_kick(std::string_view client) {
  context_.hub.for_each_subscriber(
      client, [](hub::Subscriber& subscriber) { subscriber.kick(); });
}

void Cluster::on_begin(hub::EventId after) {
  context_.hub.begin_after(after);
}

void Cluster::on_gap(hub::EventId after, hub::EventId before) {
  context_.log.error("redis-trimmed",
                     {{"after", text_of(after)}, {"before", text_of(before)}});
  tell_gap(after, before, hub::predecessor(before));
}

void Cluster::on_new_epoch(hub::EventId last, hub::EventId epoch) {
  context_.log.error("redis-lost-history",
                     {{"after", text_of(last)}, {"epoch", text_of(epoch)}});
  if (epoch <= last) {
    context_.hub.forget_history();
    recalls_.on_new_epoch();
  }
  tell_gap(last, epoch, epoch);
}

// An event like others, so that it comes in its place for who is slow too.
void Cluster::tell_gap(hub::EventId after, hub::EventId before,
                       hub::EventId id) {
  if (id <= context_.hub.history().newest()) return;  // nothing is missing
  const std::string missing = gap_data(text_of(after), text_of(before));
  const hub::Receipt receipt =
      context_.hub.publish_as(id, {}, {.name = "gap", .data = missing});
  context_.metrics.gaps_told += receipt.receivers;
  context_.publish_turns.charge(receipt.visited);
}

void Cluster::on_strange_entry(hub::EventId id) {
  if (const auto count = strangers_.count(context_.reactor.now())) {
    context_.log.warning("redis-strange-entry",
                         {{"entry", text_of(id)}, {"times", *count}});
  }
}

void Cluster::on_progress() {
  recalls_.on_progress();
}

void Cluster::on_slice(uint64_t number, const cluster::RedisReply& entries) {
  recalls_.on_slice(number, entries);
}

void Cluster::on_slices_lost() {
  recalls_.on_slices_lost();
}

void Cluster::on_there() {
  context_.log.info("redis-connected",
                    {{"address", to_string(*context_.settings.redis)}});
}

void Cluster::on_away(std::string_view reason) {
  context_.log.warning(
      "redis-away",
      {{"address", to_string(*context_.settings.redis)}, {"reason", reason}});
}

}  // namespace rivulet::server

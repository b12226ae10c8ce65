// What the server does to let another binary go on in its place, and to go on
// in that of another (upgrade.h).
#include <chrono>
#include <exception>
#include <utility>

#include "server/server.h"

namespace rivulet::server {

Server::Server(const Settings& settings, const base::Log& log,
               const Handover& handover, base::State& state,
               os::InheritedDescriptors& descriptors)
    : context_(settings, log),
      listeners_(context_),
      drain_(context_),
      supervision_({}),
      upgrade_(context_) {
  context_.started = handover.started;
  Carrier(context_, listeners_, state, &descriptors).carry();
  watch_signals();
}

void Server::take_over(const Handover& handover, os::ServiceManager manager) {
  listeners_.take_files();
  supervision_ = Supervision(std::move(manager));
  supervision_.ready(context_.reactor.now());
  ++context_.metrics.upgrades_done;
  context_.metrics.last_reload_taken = true;  // it has just been read
  if (context_.cluster) {
    taking_over_ = true;
    hold_publishers();
  }
  const base::Duration pause =
      std::chrono::floor<base::Duration>(os::Reactor::fine_now()) -
      handover.saved;
  context_.log.info("upgraded", {{"from", handover.version},
                                 {"to", context_.settings.version},
                                 {"streams", context_.hub.subscriber_count()},
                                 {"connections", context_.connections()},
                                 {"milliseconds", pause.count()}});
}

std::string Server::save() {
  context_.reactor.settle();
  return save_settled();
}

std::string Server::save_settled() {
  Handover handover{
      .version = context_.settings.version,
      .arguments = upgrade_.arguments(),
      .saved = std::chrono::floor<base::Duration>(os::Reactor::fine_now()),
      .epoch = context_.settings.epoch,
      .instance = context_.settings.instance,
      .hash_key = context_.settings.hash_key,
      .started = context_.started,
      .descriptors = Carrier::descriptors_of(context_.reactor)};
  base::State state;
  handover.carry(state);
  Carrier(context_, listeners_, state).carry();
  return state.take_file();
}

void Server::on_upgrade() {
  if (state_ != State::kRunning) {
    context_.log.info("upgrade-ignored", {{"reason", "draining"}});
  } else if (!upgrade_.idle()) {
    context_.log.info("upgrade-ignored", {{"reason", "one is under way"}});
  } else {
    upgrade_wanted_ = true;
  }
}

// What Redis has been asked cannot be carried, for its connections are new
// then: so publishers are held back until all is answered.
void Server::prepare_upgrade() {
  if (taking_over_) return;  // another upgrade has just been
  hold_publishers();
  context_.reactor.settle();  // nobody is between two owners
  const bool waits = context_.cluster && context_.cluster->asks_redis();
  if (waits && context_.reactor.now() < *held_until_) return;
  if (waits) {
    upgrade_wanted_ = false;
    upgrade_.fail("redis does not answer what it has been asked");
  } else {
    run_upgrade();
  }
  held_until_.reset();
  context_.publish_turns.hold(false);
}

void Server::hold_publishers() {
  if (!held_until_) held_until_ = context_.reactor.now() + Upgrade::kPatience;
  context_.publish_turns.hold(true);
}

// After an upgrade, when Redis is there again, or is not for long.
void Server::release_publishers() {
  if (!taking_over_) return;
  const bool ready = context_.cluster->backplane().ready();
  if (!ready && context_.reactor.now() < *held_until_) return;
  taking_over_ = false;
  held_until_.reset();
  context_.publish_turns.hold(false);
}

// Between two turns. In the second half nobody is served any more.
void Server::run_upgrade() noexcept {
  bool reloading = false;
  try {
    if (std::exchange(upgrade_wanted_, false))
      return upgrade_.start(save_settled());
    const std::string state = save_settled();
    const auto descriptors = Carrier::descriptors_of(context_.reactor);
    supervision_.reloading(os::Reactor::fine_now());
    reloading = true;
    supervision_.feed(context_.reactor.now());  // the next is the new binary's
    upgrade_.finish(state, descriptors);
  } catch (const std::exception& error) {  // out of memory, or a bug
    upgrade_.fail(error.what());
  }
  if (reloading) supervision_.reloaded();
}

}  // namespace rivulet::server

#include "server/server.h"

#include <memory>
#include <stdexcept>
#include <utility>

#include "server/connection.h"
#include "server/stream.h"

namespace rivulet::server {
namespace {

[[noreturn]] void fail_to_watch() {
  throw std::runtime_error("the kernel has no memory for an epoll entry");
}

}  // namespace

Server::Server(const Settings& settings, const base::Log& log,
               os::ServiceManager manager,
               std::vector<os::InheritedSocket> inherited)
    : context_(settings, log),
      listeners_(context_),
      drain_(context_),
      supervision_(std::move(manager)),
      upgrade_(context_) {
  watch_signals();
  listeners_.open(std::move(inherited));
  supervision_.ready(context_.reactor.now());
}

void Server::watch_signals() {
  auto handler = std::make_unique<SignalHandler>(*this);
  const int fd = handler->fd();
  if (!context_.reactor.watch(fd, std::move(handler))) fail_to_watch();
  ++context_.own_handlers;
}

Server::Pause Server::run() {
  while (turn()) {
    if (upgrade_wanted_ || upgrade_.checked()) prepare_upgrade();
    if (!std::exchange(reload_wanted_, false)) continue;
    supervision_.reloading(os::Reactor::fine_now());
    return Pause::kReload;
  }
  if (context_.cluster) {
    context_.cluster->backplane().leave();
    context_.reactor.settle();
  }
  const auto& ended = context_.metrics.streams_ended;
  context_.log.info(
      "stopped",
      {{"open", context_.connections()},
       {"slow", ended[static_cast<size_t>(EndReason::kSlow)]},
       {"timeout", ended[static_cast<size_t>(EndReason::kTimeout)]}});
  return Pause::kOver;
}

void Server::reload(const Settings& settings) {
  const bool closed = context_.publish_tokens.required();
  const bool other_tokens =
      context_.settings.publish_tokens != settings.publish_tokens;
  context_.reload(settings);
  if (other_tokens) context_.end_watchers();  // theirs may not count any more
  ++context_.metrics.reloads_taken;
  context_.metrics.last_reload_taken = true;
  if (closed) listeners_.warn_when_open();
  supervision_.reloaded();
}

void Server::reload_failed() {
  ++context_.metrics.reloads_failed;
  context_.metrics.last_reload_taken = false;
  supervision_.reloaded();
}

bool Server::turn() {
  if (finished()) return false;
  context_.publish_turns.begin(!context_.reactor.has_to_flush());
  context_.deadlines.run_due(context_.reactor.now());
  end_expired();
  context_.stats.run_due();
  drain_.run_due();
  if (context_.cluster) context_.cluster->run_due();
  release_publishers();
  supervision_.run_due(context_.reactor.now());
  upgrade_.run_due();
  context_.reactor.settle();
  while (relieve_memory()) context_.reactor.settle();
  if (finished()) return false;  // the last has just gone: nobody would wake us
  context_.reactor.wait(next_wake_up());
  context_.metrics.turns.observe(context_.reactor.worked());
  return true;
}

// After the flush, for that is when streams turn out to be stalled.
bool Server::relieve_memory() {
  bool evicted = false;
  while (context_.held_memory.over_limit() &&
         context_.deadlines.evict_longest_waiting()) {
    evicted = true;
  }
  return evicted;
}

void Server::SignalHandler::on_readable() {
  while (const auto signal = signals_.next()) server_.on_signal(*signal);
}

void Server::on_signal(os::Signal signal) {
  switch (signal) {
    case os::Signal::kTerminate:
      return on_terminate();
    case os::Signal::kReload:
      return on_hangup();
    case os::Signal::kUpgrade:
      return on_upgrade();
  }
}

void Server::on_terminate() {
  if (state_ == State::kRunning) {
    start_draining();
  } else {
    state_ = State::kStopped;
  }
}

// On the way out there is no use for other settings.
void Server::on_hangup() {
  if (state_ == State::kRunning) {
    reload_wanted_ = true;
  } else {
    context_.log.info("reload-ignored", {{"reason", "draining"}});
  }
}

void Server::start_draining() {
  state_ = State::kDraining;
  reload_wanted_ = upgrade_wanted_ = false;
  if (!upgrade_.idle()) upgrade_.fail("the server is ending");
  taking_over_ = false;
  held_until_.reset();
  context_.publish_turns.hold(false);
  supervision_.stopping();
  listeners_.close();
  drain_.start();
}

bool Server::finished() const {
  if (state_ == State::kStopped) return true;
  return state_ == State::kDraining &&
         (context_.connections() == 0 || drain_.time_is_up());
}

// The wall clock is read only while some stream has a token.
void Server::end_expired() {
  if (context_.expiries.nobody_waits()) return;
  context_.expiries.run_due(os::Reactor::wall_now());
}

std::optional<base::Time> Server::next_expiry() const {
  if (context_.expiries.nobody_waits()) return std::nullopt;
  return context_.expiries.next(context_.reactor.now(),
                                os::Reactor::wall_now());
}

std::optional<base::Time> Server::next_wake_up() const {
  const PublishTurns& turns = context_.publish_turns;
  if (turns.anyone_waits() && !turns.held()) return context_.reactor.now();
  std::optional<base::Time> earliest;
  const auto cluster =
      context_.cluster ? context_.cluster->next() : std::nullopt;
  for (const std::optional<base::Time> due :
       {context_.deadlines.next(), next_expiry(), context_.stats.next(),
        drain_.next(), supervision_.next(), upgrade_.next(), cluster,
        held_until_}) {
    if (due && (!earliest || *due < *earliest)) earliest = due;
  }
  return earliest;
}

}  // namespace rivulet::server

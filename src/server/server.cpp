#include "server/server.h"

#include <algorithm>
#include <cassert>
#include <memory>
#include <stdexcept>

#include "server/connection.h"
#include "server/stream.h"

namespace rivulet::server {
namespace {

// What the reactor watches for the server itself once nothing listens any
// more: the signals.
constexpr size_t kOwnHandlers = 1;

[[noreturn]] void fail_to_watch() {
  throw std::runtime_error("the kernel has no memory for an epoll entry");
}

}  // namespace

Server::Server(const Settings& settings, const base::Log& log)
    : context_(settings, log), drain_(context_) {
  watch_signals();
  listen();
}

void Server::watch_signals() {
  auto handler = std::make_unique<SignalHandler>(*this);
  const int fd = handler->fd();
  if (!context_.reactor.watch(fd, std::move(handler))) fail_to_watch();
}

void Server::listen() {
  auto acceptor =
      std::make_unique<Acceptor>(context_, context_.settings.listen);
  acceptor_ = acceptor.get();
  const int fd = acceptor->fd();
  if (!context_.reactor.watch(fd, std::move(acceptor))) fail_to_watch();
  acceptor_->announce();
}

void Server::run() {
  while (turn()) {
  }
  const auto& ended = context_.ended;
  context_.log.info(
      "stopped",
      {{"open", context_.reactor.watched() - kOwnHandlers},
       {"slow", ended[static_cast<size_t>(EndReason::kSlow)]},
       {"timeout", ended[static_cast<size_t>(EndReason::kTimeout)]}});
}

bool Server::turn() {
  if (finished()) return false;
  context_.publish_turns.begin(!context_.reactor.has_to_flush());
  context_.deadlines.run_due(context_.reactor.now());
  drain_.run_due();
  context_.reactor.settle();
  while (relieve_memory()) context_.reactor.settle();
  if (finished()) return false;  // the last has just gone: nobody would wake us
  context_.reactor.wait(next_wake_up());
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
  while (signals_.next()) server_.on_terminate();
}

void Server::on_terminate() {
  if (state_ == State::kRunning) {
    start_draining();
  } else {
    state_ = State::kStopped;
  }
}

void Server::start_draining() {
  state_ = State::kDraining;
  assert(acceptor_ != nullptr);
  context_.reactor.retire(*acceptor_);
  acceptor_ = nullptr;
  drain_.start();
}

bool Server::finished() const {
  if (state_ == State::kStopped) return true;
  return state_ == State::kDraining &&
         (context_.reactor.watched() == kOwnHandlers || drain_.time_is_up());
}

std::optional<base::Time> Server::next_wake_up() const {
  if (context_.publish_turns.anyone_waits()) return context_.reactor.now();
  const std::optional<base::Time> due = context_.deadlines.next();
  const std::optional<base::Time> drain = drain_.next();
  if (!due || !drain) return due ? due : drain;
  return std::min(*due, *drain);
}

}  // namespace rivulet::server

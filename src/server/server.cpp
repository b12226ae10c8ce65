#include "server/server.h"

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
    : context_(settings, log) {
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
  context_.log.info("stopped",
                    {{"open", context_.reactor.watched() - kOwnHandlers}});
}

bool Server::turn() {
  if (finished()) return false;
  context_.deadlines.run_due(context_.reactor.now());
  context_.reactor.turn(next_wake_up());
  return true;
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
  context_.log.info("draining", {{"streams", context_.hub.subscriber_count()}});
  state_ = State::kDraining;
  context_.draining = true;
  drain_until_ = context_.reactor.now() + context_.settings.drain_timeout;
  assert(acceptor_ != nullptr);
  context_.reactor.retire(*acceptor_);
  acceptor_ = nullptr;
  while (Stream* stream = context_.deadlines.heartbeat.pop_oldest()) {
    stream->end(EndReason::kDrain);
  }
  auto& deadlines = context_.deadlines;
  for (auto* waiting : {&deadlines.request, &deadlines.keep_alive}) {
    while (Connection* connection = waiting->pop_oldest()) connection->drain();
  }
}

bool Server::finished() const {
  if (state_ == State::kStopped) return true;
  return state_ == State::kDraining &&
         (context_.reactor.watched() == kOwnHandlers ||
          context_.reactor.now() >= drain_until_);
}

std::optional<base::Time> Server::next_wake_up() const {
  const std::optional<base::Time> due = context_.deadlines.next();
  if (state_ != State::kDraining) return due;
  return due ? std::min(*due, drain_until_) : drain_until_;
}

}  // namespace rivulet::server

#include "server/carrier.h"

#include <memory>
#include <utility>

#include "server/acceptor.h"
#include "server/connection.h"
#include "server/stream.h"
#include "server/watcher.h"

namespace rivulet::server {
namespace {

// The least that one of a list takes, in bytes.
constexpr size_t kLeastOfAText = 8;
constexpr size_t kLeastOfAHandler = 32;
constexpr size_t kLeastOfAWait = 16;

uint64_t fd_of(const os::EventHandler& handler) {
  return static_cast<uint64_t>(os::Reactor::fd(handler));
}

template <typename T>
std::vector<T*> all_of(const os::Reactor& reactor) {
  std::vector<T*> all;
  reactor.for_each([&all](os::EventHandler& handler) {
    if (auto* one = dynamic_cast<T*>(&handler)) all.push_back(one);
  });
  return all;
}

// Those that are subscribed in the order in which they came, for so they stand
// in the hub again; then those that end.
std::vector<Stream*> streams_of(const Context& context) {
  std::vector<Stream*> all;
  context.hub.for_each_subscriber([&all](hub::Subscriber& subscriber) {
    all.push_back(&static_cast<Stream&>(subscriber));
  });
  for (Stream* stream : all_of<Stream>(context.reactor)) {
    if (!stream->subscribed()) all.push_back(stream);
  }
  return all;
}

}  // namespace

void Handover::carry(base::State& state) {
  state.text(version);
  arguments.resize(state.count(arguments.size(), kLeastOfAText));
  for (std::string& argument : arguments) state.text(argument);
  state.time(saved);
  state.number(epoch);
  state.text(instance);
  state.number(hash_key.first);
  state.number(hash_key.second);
  auto seconds = static_cast<uint64_t>(started.time_since_epoch().count());
  state.number(seconds);
  constexpr uint64_t kLatest = uint64_t{1} << 40U;
  state.require(seconds <= kLatest, "the process starts too late");
  started = base::WallSeconds(std::chrono::seconds(seconds));
  descriptors.resize(state.count(descriptors.size(), sizeof(uint64_t)));
  for (uint64_t& fd : descriptors) state.number(fd);
}

std::vector<uint64_t> Carrier::descriptors_of(const os::Reactor& reactor) {
  std::vector<uint64_t> all;
  const auto take = [&all](const auto& handlers) {
    for (const auto* handler : handlers) all.push_back(fd_of(*handler));
  };
  take(all_of<Acceptor>(reactor));
  take(all_of<Stream>(reactor));
  take(all_of<Watcher>(reactor));
  take(all_of<Connection>(reactor));
  return all;
}

void Carrier::carry() {
  context_.metrics.carry(state_);
  listeners_.carry(state_, descriptors_);
  context_.hub.carry(state_, frames_);
  carry_cluster();
  carry_streams();
  carry_watchers();
  carry_connections();
  carry_waits();
  carry_turns();
  context_.stats.carry(state_);
  if (state_.loading()) state_.end();
}

// A history of our own ids cannot go on with those of Redis, nor the other way
// round.
void Carrier::carry_cluster() {
  bool clustered = context_.cluster != nullptr;
  state_.flag(clustered);
  state_.require(clustered == (context_.cluster != nullptr),
                 "redis was switched on or off, which cannot be changed");
  if (clustered) context_.cluster->carry(state_);
}

void Carrier::carry_streams() {
  std::vector<Stream*> streams;
  if (!state_.loading()) streams = streams_of(context_);
  streams.resize(state_.count(streams.size(), kLeastOfAHandler));
  for (Stream* stream : streams) {
    uint64_t fd = 0;
    uint64_t peer = 0;
    sse::Framing framing{};
    if (stream != nullptr) {
      fd = fd_of(*stream);
      peer = stream->peer();
      framing = stream->framing();
    }
    state_.number(fd);
    state_.number(peer);
    state_.choice(framing, sse::Framing::kPlain);
    if (stream == nullptr) {
      stream =
          &watch(fd, Stream::make(context_, take_socket(fd), peer, framing));
    }
    context_.reactor.carry(state_, *stream);
    stream->carry(state_, frames_);
  }
}

void Carrier::carry_watchers() {
  std::vector<Watcher*> watchers;
  if (!state_.loading()) watchers = all_of<Watcher>(context_.reactor);
  watchers.resize(state_.count(watchers.size(), kLeastOfAHandler));
  for (Watcher* watcher : watchers) {
    uint64_t fd = 0;
    sse::Framing framing{};
    if (watcher != nullptr) {
      fd = fd_of(*watcher);
      framing = watcher->framing();
    }
    state_.number(fd);
    state_.choice(framing, sse::Framing::kPlain);
    if (watcher == nullptr) {
      watcher = &watch(
          fd, std::make_unique<Watcher>(context_, take_socket(fd), framing));
    }
    context_.reactor.carry(state_, *watcher);
    watcher->carry(state_, frames_);
  }
}

void Carrier::carry_connections() {
  std::vector<Connection*> connections;
  if (!state_.loading()) connections = all_of<Connection>(context_.reactor);
  connections.resize(state_.count(connections.size(), kLeastOfAHandler));
  for (Connection* connection : connections) {
    uint64_t fd = 0;
    uint64_t peer = 0;
    ListenerKind listener{};
    if (connection != nullptr) {
      fd = fd_of(*connection);
      peer = connection->peer();
      listener = connection->listener();
    }
    state_.number(fd);
    state_.number(peer);
    state_.choice(listener, ListenerKind::kAdmin);
    if (connection == nullptr) {
      connection = &watch(fd, std::make_unique<Connection>(
                                  context_, take_socket(fd), peer, listener));
    }
    context_.reactor.carry(state_, *connection);
    connection->carry(state_);
  }
}

void Carrier::carry_waits() {
  context_.deadlines.for_each_list([this](auto& list) { carry_list(list); });
}

template <typename T>
void Carrier::carry_list(base::DeadlineList<T>& list) {
  struct Wait {
    uint64_t fd = 0;
    base::Time since{};
  };
  std::vector<Wait> waits;
  list.for_each([&waits](T& entry, base::Time since) {
    waits.push_back({fd_of(entry), since});
  });
  waits.resize(state_.count(waits.size(), kLeastOfAWait));
  for (Wait& wait : waits) {
    state_.number(wait.fd);
    state_.time(wait.since);
    if (state_.loading()) list.arm(find<T>(wait.fd), wait.since);
  }
}

// Who waits to publish, in their order.
void Carrier::carry_turns() {
  PublishTurns& turns = context_.publish_turns;
  turns.carry(state_);
  std::vector<uint64_t> waiting;
  turns.for_each([&waiting](const Connection& publisher) {
    waiting.push_back(fd_of(publisher));
  });
  waiting.resize(state_.count(waiting.size(), sizeof(uint64_t)));
  for (uint64_t& fd : waiting) {
    state_.number(fd);
    if (!state_.loading()) continue;
    Connection& publisher = find<Connection>(fd);
    state_.require(publisher.awaits_turn(), "who waits has nothing to publish");
    turns.wait(publisher);
  }
}

os::Socket Carrier::take_socket(uint64_t fd) {
  os::UniqueFd socket = descriptors_->take(fd);
  state_.require(socket.valid(), "a connection's descriptor is not there");
  return os::Socket(std::move(socket));
}

template <typename T>
T& Carrier::watch(uint64_t fd, std::unique_ptr<T> handler) {
  T& watched = *handler;
  if (!context_.reactor.watch(static_cast<int>(fd), std::move(handler))) {
    throw base::StateError("the kernel has no memory to watch a connection");
  }
  return watched;
}

template <typename T>
T& Carrier::find(uint64_t fd) const {
  auto* const found = dynamic_cast<T*>(context_.reactor.at(fd));
  state_.require(found != nullptr, "who waits is not there");
  return *found;
}

}  // namespace rivulet::server

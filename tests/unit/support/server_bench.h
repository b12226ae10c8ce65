// A server without a listener: settings, a context, and connections that a
// test makes from socket pairs.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "server/connection.h"
#include "server/context.h"
#include "server/settings.h"
#include "socket_pair.h"

namespace rivulet::test {

inline server::Settings default_settings() {
  server::Settings settings;
  settings.heartbeat = base::Duration(15'000);
  settings.retry = base::Duration(3'000);
  settings.header_timeout = base::Duration(10'000);
  settings.keepalive_timeout = base::Duration(75'000);
  settings.drain_timeout = base::Duration(10'000);
  settings.max_event_bytes = 64 * 1024;
  settings.queue_bytes = 1024 * 1024;
  settings.write_timeout = base::Duration(30'000);
  settings.memory_limit = 64 * 1024 * 1024;
  return settings;
}

struct ServerBench {
  explicit ServerBench(server::Settings the_settings = default_settings(),
                       base::Log the_log = {stderr, base::LogLevel::kError})
      : settings(std::move(the_settings)), log(the_log) {}

  // Has the server take `socket` as a new connection.
  static constexpr uint64_t kPeer = 1;

  server::Connection& admit(
      os::UniqueFd socket,
      server::ListenerKind listener = server::ListenerKind::kOnly) {
    const int fd = socket.get();
    auto connection = std::make_unique<server::Connection>(
        context, os::Socket(std::move(socket)), kPeer, listener);
    server::Connection& admitted = *connection;
    REQUIRE(context.reactor.watch(fd, std::move(connection)));
    admitted.start();
    return admitted;
  }

  // One turn without sleep, with its deadlines, as the server has it.
  void turn() {
    context.publish_turns.begin(!context.reactor.has_to_flush());
    context.deadlines.run_due(context.reactor.now());
    context.reactor.turn(context.reactor.now());
  }

  // How many streams have ended for this reason.
  [[nodiscard]] uint64_t ended(server::EndReason reason) const {
    return context.metrics.streams_ended[static_cast<size_t>(reason)];
  }

  // A few turns: reads what is there, writes what follows.
  void work() {
    for (int n = 0; n < 4; ++n) turn();
  }

  // Runs the loop with its deadlines, as the server does, for so long.
  void run_for(base::Duration time) {
    const base::Time end = context.reactor.now() + time;
    while (context.reactor.now() < end) {
      context.publish_turns.begin(!context.reactor.has_to_flush());
      context.deadlines.run_due(context.reactor.now());
      context.reactor.turn(
          std::min(end, context.deadlines.next().value_or(end)));
    }
  }

  const server::Settings settings;
  const base::Log log;
  server::Context context{settings, log};
};

// One client of a bench.
struct Client {
  explicit Client(ServerBench& the_bench,
                  server::ListenerKind listener = server::ListenerKind::kOnly)
      : bench(the_bench) {
    bench.admit(std::move(pair.ours), listener);
  }

  // Sends `bytes`, lets the server work, and answers what has come back.
  std::string ask(std::string_view bytes) {
    send_all(pair.peer.get(), bytes);
    return hear();
  }
  std::string hear() {
    bench.work();
    return receive(pair.peer.get(), &ended);
  }

  ServerBench& bench;
  SocketPair pair;
  bool ended = false;
};

// A client with an open stream whose first bytes have been read.
struct Reader : Client {
  Reader(ServerBench& bench_, const std::string& id) : Client(bench_) {
    const std::string head =
        ask("GET /stream/" + id + " HTTP/1.1\r\nHost: h\r\n\r\n");
    REQUIRE(head.starts_with("HTTP/1.1 200 "));
  }
};

}  // namespace rivulet::test

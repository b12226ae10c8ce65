// The server as a whole: builds the pieces, runs the loop, and ends it.
//
//   running ── SIGTERM or SIGINT ──> draining ── all ended, time up, ──> out
//                                                or a second signal
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/log.h"
#include "os/reactor.h"
#include "os/signals.h"
#include "server/acceptor.h"
#include "server/context.h"
#include "server/drain.h"
#include "server/settings.h"

namespace rivulet::server {

class Server {
 public:
  // Listens as `settings` says; throws when it cannot. Both arguments must
  // outlive the server.
  Server(const Settings& settings, const base::Log& log);

  // Serves until a signal ends it.
  void run();

  // One turn of that: what is due, then a turn of the reactor. False when all
  // is over.
  [[nodiscard]] bool turn();

 private:
  enum class State : uint8_t { kRunning, kDraining, kStopped };

  // Reads the signals, as one more descriptor of the loop.
  class SignalHandler final : public os::EventHandler {
   public:
    explicit SignalHandler(Server& server) : server_(server) {}
    [[nodiscard]] int fd() const { return signals_.fd(); }
    void on_readable() override;
    void on_writable() override {}
    void on_flush() override {}
    void on_no_memory() override {}

   private:
    Server& server_;
    os::SignalQueue signals_;
  };

  void watch_signals();
  void listen();
  void on_terminate();
  void start_draining();
  [[nodiscard]] bool relieve_memory();
  [[nodiscard]] bool finished() const;
  [[nodiscard]] std::optional<base::Time> next_wake_up() const;

  Context context_;
  Acceptor* acceptor_ = nullptr;  // the reactor's; while it listens
  State state_ = State::kRunning;
  Drain drain_;
};

}  // namespace rivulet::server

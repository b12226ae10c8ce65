// The server as a whole: builds the pieces, runs the loop, and ends it.
//
//   running ── SIGTERM or SIGINT ──> draining ── all ended, time up, ──> out
//    │   ^                                       or a second signal
//    v   │ reload() or reload_failed()
//   SIGHUP: whoever called run() reads the configuration
//
// On SIGUSR2 another binary goes on in its place: upgrade.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/state.h"
#include "os/inherited.h"
#include "os/program.h"
#include "os/reactor.h"
#include "os/service_manager.h"
#include "os/signals.h"
#include "server/carrier.h"
#include "server/context.h"
#include "server/drain.h"
#include "server/listeners.h"
#include "server/settings.h"
#include "server/supervision.h"
#include "server/upgrade.h"

namespace rivulet::server {

class Server {
 public:
  // Listens as `settings` and `inherited` say (listeners.h); throws when it
  // cannot. Settings are copied; `log` must outlive the server.
  Server(const Settings& settings, const base::Log& log,
         os::ServiceManager manager = {},
         std::vector<os::InheritedSocket> inherited = {});

  // Goes on with what another binary has saved: `state`, behind its `handover`,
  // whose descriptors are here. Throws base::StateError. It is ready, but
  // nobody is told before take_over().
  Server(const Settings& settings, const base::Log& log,
         const Handover& handover, base::State& state,
         os::InheritedDescriptors& descriptors);
  // The other binary is gone. Tells `manager` so, and the log.
  void take_over(const Handover& handover, os::ServiceManager manager);

  // What SIGUSR2 runs in place of this program, with which arguments. Without
  // that it is ignored.
  void plan_upgrade(os::Program program, std::vector<std::string> arguments) {
    upgrade_.plan(std::move(program), std::move(arguments));
  }

  // The state between two turns, as a binary that takes over reads it. For
  // tests, which upgrade without signals.
  [[nodiscard]] std::string save();

  enum class Pause : uint8_t { kReload, kOver };

  // Serves until a signal ends it, or asks for the configuration to be read
  // again. That is the caller's to do, while nobody is served: then it calls
  // reload() or reload_failed(), and this again. Signals that come together are
  // one, and those that come while draining none.
  [[nodiscard]] Pause run();
  // One turn of it: what is due, then a turn of the reactor. False when all is
  // over.
  [[nodiscard]] bool turn();

  // Takes what may change of `settings` (Context::reload()). Throws
  // std::bad_alloc, and then nothing has changed.
  void reload(const Settings& settings);
  // There are no new settings: everything stays as it was.
  void reload_failed();

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
  void on_signal(os::Signal signal);
  void on_terminate();
  void on_hangup();
  void on_upgrade();
  void prepare_upgrade();
  void hold_publishers();
  void release_publishers();
  [[nodiscard]] std::string save_settled();
  void run_upgrade() noexcept;
  void start_draining();
  void end_expired();
  [[nodiscard]] std::optional<base::Time> next_expiry() const;
  [[nodiscard]] bool relieve_memory();
  [[nodiscard]] bool finished() const;
  [[nodiscard]] std::optional<base::Time> next_wake_up() const;

  Context context_;
  Listeners listeners_;
  State state_ = State::kRunning;
  bool reload_wanted_ = false;
  bool upgrade_wanted_ = false;
  // How long publishers are held back at most, before or after an upgrade.
  std::optional<base::Time> held_until_;
  bool taking_over_ = false;  // and Redis is not there yet
  Drain drain_;
  Supervision supervision_;
  Upgrade upgrade_;
};

}  // namespace rivulet::server

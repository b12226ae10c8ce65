// What the service manager is told while the server runs: that it is ready,
// that it reads its configuration again, that it is ending, and, when there is
// a watchdog, that its loop still turns.
#pragma once

#include <optional>
#include <utility>

#include "base/clock.h"
#include "os/service_manager.h"

namespace rivulet::server {

class Supervision {
 public:
  explicit Supervision(os::ServiceManager manager)
      : manager_(std::move(manager)) {}

  // It listens: whoever is started after it may connect.
  void ready(base::Time now);
  // It reads its configuration again, and reloaded() follows. `now` is what
  // tells the manager which of its requests that answers (sd_notify(3),
  // MONOTONIC_USEC).
  void reloading(base::FineTime now);
  // It is ready again, with new settings or the old ones.
  void reloaded();
  // It takes no more connections and is about to end.
  void stopping();

  // Feeds the watchdog before what may take long; nothing without one.
  void feed(base::Time now);
  // Feeds the watchdog when it is due.
  void run_due(base::Time now);
  // When to call that again; nothing without a watchdog.
  [[nodiscard]] std::optional<base::Time> next() const { return next_; }

 private:
  os::ServiceManager manager_;
  std::optional<base::Time> next_;
};

}  // namespace rivulet::server

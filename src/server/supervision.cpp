#include "server/supervision.h"

namespace rivulet::server {

void Supervision::ready(base::Time now) {
  manager_.tell("READY=1");
  if (manager_.watchdog()) next_ = now;
  run_due(now);
}

void Supervision::stopping() {
  manager_.tell("STOPPING=1");
}

// Twice as often as has to be, as sd_watchdog_enabled(3) advises.
void Supervision::run_due(base::Time now) {
  if (!next_ || now < *next_) return;
  manager_.tell("WATCHDOG=1");
  next_ = now + *manager_.watchdog() / 2;
}

}  // namespace rivulet::server

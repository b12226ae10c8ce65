// Every wait of the server, each kind in its list (base/deadline_list.h), and
// what happens when one is over.
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/deadline_list.h"
#include "server/settings.h"

namespace rivulet::server {

class Connection;
class Stream;

// How often a stream looks whether it has been silent for a whole heartbeat. A
// write does not move its deadline, so a heartbeat comes up to a quarter late.
inline constexpr int kHeartbeatChecks = 4;

// How long one side may take to see our FIN and answer it.
inline constexpr base::Duration kLingerTimeout{2'000};

struct Deadlines {
  explicit Deadlines(const Settings& settings);

  // Tells those whose time is over, a bounded number of each kind.
  void run_due(base::Time now);

  // When to look again; nothing while nobody waits.
  [[nodiscard]] std::optional<base::Time> next() const;

  base::DeadlineList<Connection> request;     // a request is on its way
  base::DeadlineList<Connection> keep_alive;  // between two requests
  base::DeadlineList<Connection> closing;
  base::DeadlineList<Stream> heartbeat;  // holds every live stream
  base::DeadlineList<Stream> ending;
};

}  // namespace rivulet::server

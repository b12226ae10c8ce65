// Every wait that is equally long for all who wait, each kind in its list
// (base/deadline_list.h), and what happens when one is over. For the others see
// Server::next_wake_up().
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/deadline_list.h"
#include "server/settings.h"

namespace rivulet::server {

class Acceptor;
class Connection;
class Stream;

// How often a stream looks whether it has been silent for a whole heartbeat. A
// write does not move its deadline, so a heartbeat comes up to a quarter late.
inline constexpr int kHeartbeatChecks = 4;

// How long nothing is accepted after the kernel had no room for a connection.
inline constexpr base::Duration kAcceptPause{100};

// How long one side may take to see our FIN and answer it.
inline constexpr base::Duration kLingerTimeout{2'000};

// How long a publisher that sends an event stream may say nothing: it may have
// nothing to say for hours, and keepalive probes find those who are gone.
inline constexpr base::Duration kPublisherSilence{24 * 3'600'000};

struct Deadlines {
  explicit Deadlines(const Settings& settings);

  // Everybody waits as `settings` say from here on, those too who do already.
  void reload(const Settings& settings);

  // Tells those whose time is over, a bounded number of each kind.
  void run_due(base::Time now);

  // When to look again; nothing while nobody waits.
  [[nodiscard]] std::optional<base::Time> next() const;

  // Ends whoever has kept the server waiting longest: a stream or an answer
  // that moves no more, or a request that does not come in. False when nobody
  // keeps it waiting.
  [[nodiscard]] bool evict_longest_waiting();

  // A connection waits in one of these, by what it waits for.
  base::DeadlineList<Connection> request;     // the rest of a request
  base::DeadlineList<Connection> answering;   // room in a full socket
  base::DeadlineList<Connection> keep_alive;  // the next request
  base::DeadlineList<Connection> publishing;  // the next event of a stream
  // The rest of such an event: as long, but it keeps us waiting, so it is
  // evicted first.
  base::DeadlineList<Connection> in_event;
  base::DeadlineList<Connection> closing;  // the peer's FIN
  // And a stream in one of these.
  base::DeadlineList<Stream> heartbeat;    // live, and its socket takes bytes
  base::DeadlineList<Stream> stalled;      // open, and its socket is full
  base::DeadlineList<Stream> catching_up;  // its turn to read the history
  base::DeadlineList<Stream> ending;
  base::DeadlineList<Acceptor> accept_pause;

  // Calls `visit(list)` for each of them, in the order of the state
  // (upgrade.h).
  template <typename Visit>
  void for_each_list(Visit visit) {
    visit_lists(*this, visit);
  }
  template <typename Visit>
  void for_each_list(Visit visit) const {
    visit_lists(*this, visit);
  }

 private:
  template <typename Self, typename Visit>
  static void visit_lists(Self& self, Visit visit) {
    visit(self.request);
    visit(self.answering);
    visit(self.keep_alive);
    visit(self.publishing);
    visit(self.in_event);
    visit(self.closing);
    visit(self.heartbeat);
    visit(self.stalled);
    visit(self.catching_up);
    visit(self.ending);
    visit(self.accept_pause);
  }
};

}  // namespace rivulet::server

// What the hub should know, kept by the test: who is connected, who else may
// be, and which events there were. A stream whose backlog is near its limit may
// be ended by the server at any moment, so whether it is connected is left open
// until its socket closes; so it is for all of them once the server was given
// no memory, until it sleeps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "event_log.h"
#include "journal.h"
#include "request.h"

namespace rivulet::sim {

class Conversation;

// What the server has been told at its start, and what it promises.
struct Rules {
  base::Duration heartbeat{};
  base::Duration header_timeout{};
  base::Duration keepalive_timeout{};
  base::Duration write_timeout{};
  base::Duration drain_timeout{};
  base::Duration linger{2'000};
  base::Duration retry{};
  HistoryRules history{};
  size_t queue_bytes = 0;
  size_t memory_limit = 0;
  size_t max_streams = 0;  // 0: any number, of these three
  size_t max_streams_per_address = 0;
  size_t max_streams_per_id = 0;
  size_t max_ignored_bytes = size_t{64} * 1024;
  size_t max_linger_bytes = size_t{256} * 1024;
  // Publishers may have to wait for the next turn, at any time.
  bool congested = false;
};

// An event whose publisher sent it behind another request, when publishers may
// have to wait for the next turn: its place among the events of others is
// open. The first stream that gets it settles that for all of them.
struct FloatingEvent {
  const Conversation* publisher;
  uint64_t stamp;  // of its request
  std::string payload;
  bool answered = false;
};

enum class Presence : uint8_t { kAbsent, kPerhaps, kConnected };

// What becomes of a request for a stream, by the limits on their number.
enum class Admission : uint8_t { kRefused, kPerhaps, kAdmitted };

class Roster {
 public:
  Roster(Rules the_rules, const std::vector<ClientId>& ids)
      : rules(std::move(the_rules)),
        ids_(ids),
        log_(rules.history, !rules.congested) {}

  const Rules rules;
  // The server has taken the first SIGTERM, and when.
  bool draining = false;
  base::Time draining_since{};
  // The server has ended its loop: now everything closes.
  bool over = false;

  // A connection, from its acceptance to its end.
  void enter(Conversation& conversation);
  void exit(Conversation& conversation);

  // ---- streams and events
  [[nodiscard]] Admission admission(size_t id, uint64_t group) const;
  void join(Conversation& conversation);
  void leave(Conversation& conversation);
  // Says the number of the event.
  uint32_t publish(const Audience& audience, const std::string& payload,
                   Fate fate);
  [[nodiscard]] EventLog::Bounds receivers(const Audience& audience) const;
  void decide(uint32_t number, Fate fate);

  // ---- events whose place is open
  [[nodiscard]] uint64_t next_stamp() { return ++stamp_; }
  uint64_t float_event(const Conversation& publisher,
                       const std::string& payload);
  void on_answered(uint64_t stamp);
  // `receiver` gets this: says whether it may, and expects it everywhere.
  [[nodiscard]] bool place(const SeenEvent& seen, Conversation& receiver);
  // What they may cost one stream, at most.
  [[nodiscard]] size_t floating_bytes() const { return floating_bytes_; }

  // ---- memory
  void on_no_memory();
  // Whether one more connection may have ended for want of memory: each
  // allocation that failed ends one at most.
  [[nodiscard]] bool excused_by_no_memory();
  [[nodiscard]] bool short_of_memory() const { return short_of_memory_; }
  // Whether the server may have held more than its limit in this turn.
  [[nodiscard]] bool may_be_over_limit() const;
  void on_moved(size_t bytes) { moved_ += bytes; }
  // The server sleeps; `idle`: and has nothing left to do.
  void on_sleep(bool idle, Journal& journal);

  // ---- the drain
  void start_draining(base::Time now);
  // One more stream has been told to come back later; false: too soon.
  [[nodiscard]] bool tell_one(base::Time now);

  [[nodiscard]] Presence presence(size_t id) const;
  [[nodiscard]] std::vector<Presence> everybody(bool vaguely) const;
  // What is wrong with a list of clients; nothing when it agrees.
  [[nodiscard]] std::string fault_in(std::string_view list,
                                     const std::vector<Presence>& known) const;

  [[nodiscard]] EventLog& log() { return log_; }
  [[nodiscard]] const EventLog& log() const { return log_; }
  [[nodiscard]] const Event& event(uint32_t number) const {
    return log_.at(number);
  }
  [[nodiscard]] size_t streams() const { return streams_.size(); }
  [[nodiscard]] size_t deliveries() const { return deliveries_; }

 private:
  [[nodiscard]] bool is_outdated(uint32_t number, uint64_t stamp) const;
  void check_floating(Journal& journal);

  const std::vector<ClientId>& ids_;
  EventLog log_;
  std::vector<Conversation*> open_;     // all connections
  std::vector<Conversation*> streams_;  // connected ones, oldest first
  std::deque<FloatingEvent> floating_;
  size_t floating_bytes_ = 0;
  uint64_t stamp_ = 0;
  size_t deliveries_ = 0;
  size_t moved_ = 0;     // bytes that have left the server in this turn
  size_t failures_ = 0;  // of allocations, since it slept
  bool short_of_memory_ = false;
  size_t streams_to_tell_ = 0;  // when the drain began
  size_t told_ = 0;
};

}  // namespace rivulet::sim

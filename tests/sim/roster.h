// What the hub should know, kept by the test: who is connected, and which
// events there were. A stream whose backlog is near its limit may be ended by
// the server at any moment, so whether it is connected is left open until its
// socket closes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
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
  size_t queue_bytes = 0;
  size_t max_ignored_bytes = size_t{64} * 1024;
  size_t max_linger_bytes = size_t{256} * 1024;
};

struct Event {
  std::string payload;
  bool certain;  // else it may or may not have been published
};

enum class Presence : uint8_t { kAbsent, kPerhaps, kConnected };

class Roster {
 public:
  Roster(Rules the_rules, const std::vector<ClientId>& ids)
      : rules(the_rules), ids_(ids) {}

  const Rules rules;
  // The server has taken the first SIGTERM, and when.
  bool draining = false;
  base::Time draining_since{};
  // The server has ended its loop: now everything closes.
  bool over = false;

  void join(Conversation& conversation);
  void leave(Conversation& conversation);
  void publish(const Request& request, bool certain);

  [[nodiscard]] Presence presence(size_t id) const;
  [[nodiscard]] std::vector<Presence> everybody() const;
  // What is wrong with a list of clients; nothing when it agrees.
  [[nodiscard]] std::string fault_in(std::string_view list,
                                     const std::vector<Presence>& known) const;

  [[nodiscard]] const Event& event(uint32_t number) const {
    return events_[number];
  }
  [[nodiscard]] size_t events() const { return events_.size(); }
  [[nodiscard]] size_t streams() const { return streams_.size(); }
  [[nodiscard]] size_t deliveries() const { return deliveries_; }

 private:
  const std::vector<ClientId>& ids_;
  std::vector<Event> events_;
  std::vector<Conversation*> streams_;  // connected ones, oldest first
  size_t deliveries_ = 0;
};

}  // namespace rivulet::sim

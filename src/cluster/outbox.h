// Events on their way to Redis, in the order in which they were published.
//
//   publish ──> flying ── answered ──> the publisher hears of it
//                 │ connection lost: what has been read back was published
//                 v
//               doubtful ── read back from the stream ──> it was published
//                 │ all is read, and it was not there
//                 v
//   publish ──> waiting ── connection there ──> flying
//   (away)        └─────── time is up ────────> failed
//
// Without time to wait (`redis-wait` 0) what is lost and what comes while Redis
// is away fails at once. An event is never sent a second time unless the stream
// has shown that the first did not arrive: nobody gets one twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/histogram.h"
#include "base/state.h"
#include "cluster/commands.h"
#include "cluster/entry.h"
#include "cluster/keys.h"
#include "cluster/ticket.h"
#include "os/reactor.h"

namespace rivulet::cluster {

struct OutboxLimits {
  size_t stream_events = 0;  // that Redis keeps, about
  base::Duration wait{};     // for a Redis that is away
};

class Outbox final : public ReplyReader {
 public:
  // What all that has no answer yet may take, in bytes.
  static constexpr size_t kMostBytes = size_t{16} * 1024 * 1024;

  Outbox(os::Reactor& reactor, Commands& commands, const Keys& keys,
         std::string instance, OutboxLimits limits);

  // Takes an event; `ticket` hears what became of it. With `if_connected` it is
  // dropped when no instance has its client. False when Redis is away, or much
  // is waiting: then nothing has been taken. Throws std::bad_alloc.
  [[nodiscard]] bool publish(const hub::Target& target, const sse::Event& event,
                             bool if_connected, TicketRef ticket);

  // The stream has been read to where it was when the connection came back:
  // what is still in doubt did not arrive.
  void on_clear();
  // The connection is lost.
  void on_down();
  void on_reply(uint64_t what, const RedisReply& reply) override;

  // One of our events was read from the stream.
  void on_read_back(std::string_view origin, hub::EventId id);

  // Into and out of the state of a server, while there is no event here.
  void carry(base::State& state) {
    state.number(next_number_);
    state.number(failed_);
    answer_times_.carry(state);
    round_trips_.carry(state);
  }

  // Fails those whose time is up, and sends those that may go.
  void run_due();
  [[nodiscard]] std::optional<base::Time> next() const;

  [[nodiscard]] size_t waiting() const {
    return waiting_.size() + doubtful_.size();
  }
  [[nodiscard]] size_t flying() const { return flying_.size(); }
  [[nodiscard]] uint64_t failed() const { return failed_; }
  // From sending to the answer, and to reading it back (of one at a time).
  [[nodiscard]] const base::Histogram& answer_times() const {
    return answer_times_;
  }
  [[nodiscard]] const base::Histogram& round_trips() const {
    return round_trips_;
  }

 private:
  struct Letter {
    uint64_t number = 0;
    TicketRef ticket;
    size_t bytes = 0;
    base::FineTime sent{};
    base::Time until{};
    hub::EventId read_back{};  // zero while it has not been
    // What is to be sent, if it may have to be sent later or again.
    std::vector<std::string> words{};
  };
  using Letters = std::deque<Letter>;

  [[nodiscard]] bool may_send() const;
  void write_command(std::vector<std::string_view>& command,
                     const hub::Target& target, bool if_connected) const;
  [[nodiscard]] static size_t cost_of(
      const std::vector<std::string_view>& command);
  void send_waiting();
  void take_off(Letter& letter);
  void arrived(const Letter& letter, hub::EventId id);
  void fail(Letter& letter);
  void fail_late(Letters& letters);

  os::Reactor& reactor_;
  Commands& commands_;
  const Keys& keys_;
  const std::string instance_;
  const OutboxLimits limits_;
  const std::string stream_events_;  // as text
  Letters flying_;
  Letters doubtful_;
  Letters waiting_;
  uint64_t next_number_ = 1;
  size_t bytes_ = 0;
  uint64_t failed_ = 0;
  base::Histogram answer_times_;
  base::Histogram round_trips_;
  uint64_t timed_ = 0;  // the number of the one whose round trip is measured
  base::FineTime timed_since_{};
};

}  // namespace rivulet::cluster

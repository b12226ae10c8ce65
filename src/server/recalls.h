// Streams whose clients have missed more than the history of this instance
// holds: Redis has it, and it is brought in slices, each when the last one has
// been written.
//
//   begin ──> wanting ──> asked ──> writing ──> wanting ──> …  until an event
//                │          │          (more)      that the history holds:
//                │          │                      from there on the stream
//                │          │                      reads that
//                │          └──> ahead: of this instance, which has not read as
//                │               far yet; then the history
//                └── Redis away: waits
//
// Each slice begins with the event that was seen last. If it is not there, what
// followed it may be gone too, and the client is told of a gap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "base/intrusive_list.h"
#include "cluster/backplane.h"
#include "hub/event_id.h"
#include "hub/hub.h"

namespace rivulet::server {

class Stream;

class Recalls {
 public:
  Recalls(hub::Hub& hub, cluster::Backplane& backplane)
      : hub_(hub), backplane_(backplane) {}

  // `stream` waits for what comes after `seen`; zero: for all that is held.
  // Throws std::bad_alloc: then it does not wait.
  void begin(Stream& stream, hub::EventId seen) {
    go_on(stream, seen);
    ++begun_;
  }
  // The same for one that has begun in another binary (upgrade.h).
  void go_on(Stream& stream, hub::EventId seen);
  // It has written what it got.
  void more(Stream& stream);
  // What its client has seen by now, of one that has begun.
  [[nodiscard]] hub::EventId seen_by(Stream& stream) const {
    return recalls_.at(&stream).seen;
  }
  // It is gone.
  void forget(Stream& stream);

  // From the backplane.
  void on_slice(uint64_t number, const cluster::RedisReply& entries);
  void on_slices_lost();
  void on_progress();
  // Ids may be smaller than those that were seen.
  void on_new_epoch();

  // Asks for those that want something, a bounded number at once.
  void run_due();
  // Whether that would ask for something now.
  [[nodiscard]] bool has_to_ask() const {
    return !wanting_.empty() && asked_.size() < kMostAsked &&
           backplane_.can_fetch();
  }

  // Into and out of the state of a server, but for the streams.
  void carry(base::State& state) { state.number(begun_); }

  // How many have begun.
  [[nodiscard]] uint64_t begun() const { return begun_; }

 private:
  enum class State : uint8_t { kWanting, kAsked, kWriting, kAhead };
  // To want something takes no memory: nobody would ask for it later.
  struct Recall : base::ListNode<Recall> {
    explicit Recall(Stream& the_stream) : stream(the_stream) {}

    Stream& stream;
    hub::EventId seen{};
    State state = State::kWanting;
    uint64_t number = 0;  // of what it asked last
  };
  static constexpr size_t kSlice = 32;      // entries that one question brings
  static constexpr size_t kMostAsked = 64;  // questions at once, of all streams

  void want(Recall& recall);
  void take(Stream& stream, Recall& recall, const cluster::RedisReply& entries);
  [[nodiscard]] static bool take_entries(Stream& stream, Recall& recall,
                                         const cluster::RedisReply& entries);
  [[nodiscard]] bool tell_gap(Stream& stream, const Recall& recall,
                              std::optional<hub::EventId> before);
  [[nodiscard]] std::optional<uint64_t> next_in_history(
      hub::EventId seen) const;

  hub::Hub& hub_;
  cluster::Backplane& backplane_;
  std::unordered_map<Stream*, Recall> recalls_;
  base::IntrusiveList<Recall, Recall> wanting_;  // in the order they came
  std::unordered_map<uint64_t, Stream*> asked_;
  uint64_t next_number_ = 1;
  uint64_t begun_ = 0;
};

}  // namespace rivulet::server

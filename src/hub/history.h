// The last events, in order: a bounded log of shared frames.
//
//     first()                                  next()
//       │                                        │
//       v                                        v
//     [ 17 ][ 18 ][ 19 ] ... [ 41 ][ 42 ]      (43)
//       ^ next to be given up     ^ newest
//
// Whoever needs what went by, a client that comes back or a stream whose
// socket was full, holds one number into it and no copy. The log is bounded in
// events and in bytes; what is pushed out at the front is gone.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/short_text.h"
#include "hub/event_id.h"
#include "hub/topic.h"
#include "sse/frame.h"

namespace rivulet::hub {

struct HistoryLimits {
  size_t events = 0;  // 0: nothing is kept
  size_t bytes = 0;   // of encoded frames, and what keeping each costs
};

// Whom an event was for: one client, or whoever subscribes to one of these
// topics, or, when there is neither, everybody: what a Target (hub.h) becomes
// when it is kept.
struct Audience {
  base::ShortText client;
  std::vector<TopicRef> topics;

  [[nodiscard]] bool everybody() const {
    return client.empty() && topics.empty();
  }
};

class History {
 public:
  struct Entry {
    sse::FrameRef frame;
    Audience audience;
    // As it is called on the wire; each is greater than that before it.
    EventId id;
  };

  explicit History(HistoryLimits limits) : limits_(limits) {}

  [[nodiscard]] bool enabled() const { return limits_.events > 0; }

  // The sequence number of the oldest event held, and that of the next one to
  // be published. They are equal while nothing is held.
  [[nodiscard]] uint64_t first() const { return next_ - entries_.size(); }
  [[nodiscard]] uint64_t next() const { return next_; }

  // The sequence number of the first event after `id`; nothing when events
  // between them may be gone, for `id` is older than what is held, or nothing
  // is held.
  [[nodiscard]] std::optional<uint64_t> after(EventId id) const;
  // The id of the event before first(): zero before the first of all.
  [[nodiscard]] EventId given_up() const { return given_up_; }
  // That of the newest, held or not.
  [[nodiscard]] EventId newest() const {
    return entries_.empty() ? given_up_ : entries_.back().id;
  }

  // Asks memory for what the next append() gives up: it comes soon.
  void prefetch_oldest() const;

  // Keeps the event that has sequence number next(), and gives up the oldest
  // ones for it. Throws std::bad_alloc and is as it was then.
  void append(Entry entry);

  // Begins anew: what comes next may have any id.
  void clear();

  // Begins with another sequence number; nothing has been appended.
  void begin_at(uint64_t next, EventId given_up) {
    assert(entries_.empty() && next > 0);
    next_ = next;
    given_up_ = given_up;
  }

  // Other limits from now on: gives up at once what is too much for them.
  void set_limits(HistoryLimits limits);

  // From first() to next() - 1.
  [[nodiscard]] const Entry& at(uint64_t sequence) const;

  [[nodiscard]] size_t events() const { return entries_.size(); }
  [[nodiscard]] size_t bytes() const { return bytes_; }

 private:
  void keep_limits();
  void give_up_oldest();

  HistoryLimits limits_;
  std::deque<Entry> entries_;
  size_t bytes_ = 0;
  uint64_t next_ = 1;
  EventId given_up_;
};

}  // namespace rivulet::hub

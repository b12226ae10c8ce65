// Deadlines without a heap or a wheel: everything that waits the same time
// waits in one list, oldest first.
//
//   front (armed first, due first)                   back (armed last)
//   [due 10:00:01] -> [due 10:00:03] -> [due 10:00:03] -> [due 10:00:09]
//
// Because all entries wait equally long, arming at the back keeps the list
// sorted: arming and disarming cost O(1) and expiry looks at the front only.
// The price is one list for each length of time, and there are few of those.
//
// How long all of them wait may change: since an entry knows when it was armed,
// and not when it is due, the list stays sorted and no entry is touched.
//
// Something whose deadline moves all the time (the heartbeat of a stream that
// is written to) does not re-arm on each write: when its entry comes due it
// looks how long ago the last write was, and arms again.
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/intrusive_list.h"

namespace rivulet::base {

struct DeadlineTag {};

// What an object derives from to be able to wait in one deadline list.
class Deadline : public ListNode<DeadlineTag> {
 public:
  [[nodiscard]] bool armed() const { return linked(); }
  void disarm() { unlink(); }

 private:
  template <typename T>
  friend class DeadlineList;
  Time since_{};  // when it was armed
};

// T derives from Deadline. Entries are linked, never owned.
template <typename T>
class DeadlineList {
 public:
  explicit DeadlineList(Duration wait) : wait_(wait) {}

  // Makes `entry` due `wait` from now; one that is armed already, in this list
  // or another, is moved. `now` must be no earlier than in the calls before.
  void arm(T& entry, Time now) {
    Deadline& deadline = entry;
    deadline.disarm();
    deadline.since_ = now;
    entries_.push_back(entry);
  }

  // Entries wait this long from when they were armed, those that wait already
  // too.
  void set_wait(Duration wait) { wait_ = wait; }

  // When the next entry comes due; nothing while the list is empty.
  [[nodiscard]] std::optional<Time> next() const {
    const std::optional<Time> since = oldest_since();
    return since ? std::optional(*since + wait_) : std::nullopt;
  }

  // Since when the front entry waits; nothing while the list is empty.
  [[nodiscard]] std::optional<Time> oldest_since() const {
    if (entries_.empty()) return std::nullopt;
    return static_cast<const Deadline&>(entries_.front()).since_;
  }

  // Calls `visit(T&, Time since)` for each entry, as IntrusiveList does: since
  // when it waits. arm() with that, in this order, makes the same list again.
  template <typename Visit>
  void for_each(Visit visit) const {
    entries_.for_each([&visit](T& entry) {
      visit(entry, static_cast<const Deadline&>(entry).since_);
    });
  }

  // Takes out the front entry when it is due, else answers nullptr.
  [[nodiscard]] T* pop_due(Time now) {
    const std::optional<Time> due = next();
    return due && *due <= now ? pop_oldest() : nullptr;
  }

  // Takes out the front entry, due or not; nullptr when there is none.
  [[nodiscard]] T* pop_oldest() {
    return entries_.empty() ? nullptr : &entries_.pop_front();
  }

 private:
  Duration wait_;
  IntrusiveList<T, DeadlineTag> entries_;
};

}  // namespace rivulet::base

// The event loop: one epoll(7) set, level-triggered, and what happens around
// its sleep.
//
//   turn():   flush    handlers that asked for it, a bounded share of them
//             bury     destroy retired handlers, which closes their sockets
//             sleep    until something is ready, or `wake_at`; not at all
//                      while flushing is unfinished
//             dispatch on_readable / on_writable of each ready handler
//
// Handlers only change state while events are dispatched: what they have to
// write leaves in the next flush, and what they retire is freed after it. So
// nobody who walks a list sees it change, and several events for one socket
// leave in one system call.
//
// The reactor owns each handler from watch() to its burial; the handler owns
// its socket. An event names a descriptor, and the descriptor finds the
// handler: since sockets close only at burial, a number is never used again
// while an event for its former owner waits in the same batch.
//
// Retiring needs no memory, for it is what is done when there is none: one that
// is retired stays where it is until it is buried, and one that is replaced is
// owned by the one that was replaced after it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/intrusive_list.h"
#include "base/state.h"
#include "os/epoll_set.h"

namespace rivulet::os {

struct DirtyTag {};

class EventHandler : public base::ListNode<DirtyTag> {
 public:
  EventHandler() = default;
  EventHandler(const EventHandler&) = delete;
  EventHandler& operator=(const EventHandler&) = delete;
  virtual ~EventHandler() = default;

  // Bytes, the end, or an error wait to be read; also the error of one that
  // waits for nothing. One that only waits to write is told by on_writable().
  virtual void on_readable() = 0;
  // The socket takes bytes again, or has failed.
  virtual void on_writable() = 0;
  // Once before the loop sleeps, however often flush_first() or flush_later()
  // was called since the last time.
  virtual void on_flush() = 0;
  // One of the calls above ran out of memory (std::bad_alloc) half-way. Gives
  // up what it was doing, or itself; nobody else is to suffer.
  virtual void on_no_memory() = 0;

 private:
  friend class Reactor;
  int fd_ = -1;  // while it is watched
  Interest interest_ = Interest::kRead;
  bool retired_ = false;
};

// One that another may take the place of.
class ReplaceableHandler : public EventHandler {
 private:
  friend class Reactor;
  std::unique_ptr<ReplaceableHandler> replaced_before_;
};

class Reactor {
 public:
  // How many handlers are flushed before ready sockets are looked at again: a
  // millisecond or two of writing, so that a broadcast to very many does not
  // keep anybody else waiting. And what is published in between leaves together
  // with what still waits. With 1,024 a delivery to 1,000 streams cost three
  // times as much while somebody published all the time; with 64 it would cost
  // a third, but with many publishers it came half as late again.
  static constexpr size_t kFlushesPerTurn = 256;

  // Throws std::system_error when the kernel gives no epoll set.
  Reactor();
  ~Reactor();

  // The time of this turn; read from the kernel once, after the sleep.
  [[nodiscard]] base::Time now() const { return now_; }
  [[nodiscard]] static base::WallSeconds wall_now();

  // The time of this moment, which costs a look at the clock: for measuring.
  [[nodiscard]] static base::FineTime fine_now();

  // How long the loop worked between its last two sleeps.
  [[nodiscard]] base::FineDuration worked() const { return worked_; }

  // Takes `handler` and reports on `fd` to it, at first when it is readable.
  // False when the kernel has no memory for it: the handler is gone then.
  [[nodiscard]] bool watch(int fd, std::unique_ptr<EventHandler> handler);

  // Handlers watched and not retired.
  [[nodiscard]] size_t watched() const { return watched_; }
  // Calls `visit(EventHandler&)` for each, by descriptor. It may do to them
  // what a handler may do, but not watch another.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (const auto& handler : handlers_) {
      if (handler != nullptr && !handler->retired_) visit(*handler);
    }
  }
  // Who is watched on a descriptor, retired or not; null when nobody is.
  [[nodiscard]] EventHandler* at(size_t fd) const {
    return fd < handlers_.size() ? handlers_[fd].get() : nullptr;
  }
  // The descriptor of one that is watched.
  [[nodiscard]] static int fd(const EventHandler& handler) {
    return handler.fd_;
  }
  // Whether one that is not retired is to be flushed.
  [[nodiscard]] static bool dirty(const EventHandler& handler) {
    return handler.linked();
  }

  // Puts `successor` in the place of `handler`, which is retired. The socket
  // has moved from one to the other; the kernel is not told anything.
  void replace(ReplaceableHandler& handler,
               std::unique_ptr<EventHandler> successor);

  // Reports nothing more to `handler` and destroys it before the next sleep.
  void retire(EventHandler& handler);

  [[nodiscard]] static bool retired(const EventHandler& handler) {
    return handler.retired_;
  }

  void set_interest(EventHandler& handler, Interest interest);
  [[nodiscard]] static Interest interest(const EventHandler& handler) {
    return handler.interest_;
  }

  // Into and out of the state of a server (base/state.h): what the kernel is to
  // report to `handler`, which is watched, and whether it is to be flushed.
  void carry(base::State& state, EventHandler& handler);

  // Calls `handler.on_flush()` once before the loop sleeps, however often it
  // is asked. The first form goes ahead of what waits: for answers, so that a
  // probe does not wait behind a broadcast.
  void flush_first(EventHandler& handler);
  void flush_later(EventHandler& handler);
  [[nodiscard]] bool has_to_flush() const { return !dirty_.empty(); }

  // The first half of a turn: flushes and buries.
  void settle();

  // The second half: sleeps and dispatches. Sleeps for ever when `wake_at` is
  // nothing.
  void wait(std::optional<base::Time> wake_at);

  // One turn, as drawn above.
  void turn(std::optional<base::Time> wake_at) {
    settle();
    wait(wake_at);
  }

 private:
  void flush_dirty();
  void bury_retired();
  void dispatch(const Ready& ready);
  static void call(EventHandler& handler, void (EventHandler::*event)());
  [[nodiscard]] std::optional<base::Duration> sleep_limit(
      std::optional<base::Time> wake_at) const;

  EpollSet epoll_;
  base::FineTime woke_;
  base::Time now_;  // the same in milliseconds
  base::FineDuration worked_{};
  std::vector<std::unique_ptr<EventHandler>> handlers_;  // by descriptor
  base::IntrusiveList<EventHandler, DirtyTag> dirty_;
  base::IntrusiveList<EventHandler, DirtyTag> retired_;
  std::unique_ptr<ReplaceableHandler> replaced_;  // the last of them
  size_t watched_ = 0;
};

}  // namespace rivulet::os

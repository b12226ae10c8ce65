// What the server holds for peers that are not done: the backlogs of streams
// whose sockets are full, answers that nobody takes, requests that are still
// coming in. All of it together stays under `memory-limit`: those who have kept
// the server waiting longest are ended for it, but not publishers who wait for
// their turn or for Redis, though what they hold counts.
//
// Each owner reports its own figure whenever it changes. A frame that waits in
// a hundred backlogs is counted a hundred times, so the sum is more than what
// is really used, never less. Streams that keep up are not counted: what they
// have queued leaves within the turn.
#pragma once

#include <cassert>
#include <cstddef>

namespace rivulet::server {

class HeldMemory {
 public:
  explicit HeldMemory(size_t limit) : limit_(limit) {}

  void set_limit(size_t limit) { limit_ = limit; }

  [[nodiscard]] size_t bytes() const { return bytes_; }
  [[nodiscard]] bool over_limit() const { return bytes_ > limit_; }

  // One owner's figure went from `before` to `now`.
  void change(size_t before, size_t now) {
    assert(bytes_ >= before);
    bytes_ += now - before;  // unsigned arithmetic wraps to the right result
  }
  // The same; `held` is brought up to date.
  void report(size_t& held, size_t now) {
    change(held, now);
    held = now;
  }

 private:
  size_t limit_;
  size_t bytes_ = 0;
};

}  // namespace rivulet::server

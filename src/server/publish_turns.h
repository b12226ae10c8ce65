// Who may publish now, and who waits until the server has sent what it has.
//
//   publish ──> charge ──> spent?  no ──> the next one
//                            │
//                            yes ──> wait ──> first come, first served, in
//                                             one of the next turns
//
// A publish to many is cheap to hand out and dear to write. So what one turn of
// the loop hands out is bounded, or a probe would wait for it; and so is what
// is handed out ahead of the writing, or the queues of streams that keep up
// would grow without end. Whoever has more to say is not read from meanwhile:
// publishers are slowed down to what the server can send.
#pragma once

#include <cstddef>

#include "base/deadline_list.h"
#include "base/intrusive_list.h"
#include "base/state.h"

namespace rivulet::server {

class Connection;

class PublishTurns {
 public:
  // Both limits in deliveries; one publish may go beyond them.
  PublishTurns(size_t a_turn, size_t ahead)
      : turn_limit_(a_turn), ahead_limit_(ahead) {}

  // At the beginning of each turn of the loop: those who wait publish, until
  // it is spent. `all_sent`: no stream has anything to write any more, other
  // than behind a full socket.
  void begin(bool all_sent);

  // A publish has been handed to so many.
  void charge(size_t deliveries) {
    this_turn_ += deliveries;
    ahead_ += deliveries;
  }

  // Whether a publisher has to wait().
  [[nodiscard]] bool spent() const { return held_ || full(); }
  // Whether as much is handed out as may be.
  [[nodiscard]] bool full() const {
    return this_turn_ > turn_limit_ || ahead_ > ahead_limit_;
  }
  // All wait until this is taken back.
  void hold(bool held) { held_ = held; }
  [[nodiscard]] bool held() const { return held_; }

  // Calls `publisher.on_turn()` when it is its turn. That is its deadline: it
  // waits for nothing else.
  void wait(Connection& publisher);

  [[nodiscard]] bool anyone_waits() const { return !waiting_.empty(); }
  // How many do: they are counted one by one.
  [[nodiscard]] size_t waiting() const;
  // Calls `visit(Connection&)` for each, the first to come first.
  template <typename Visit>
  void for_each(Visit visit) const {
    waiting_.for_each(visit);
  }

  // Into and out of the state of a server (upgrade.h): what is spent.
  void carry(base::State& state) {
    state.number(this_turn_);
    state.number(ahead_);
  }

 private:
  size_t turn_limit_;
  size_t ahead_limit_;
  size_t this_turn_ = 0;
  size_t ahead_ = 0;
  bool held_ = false;
  base::IntrusiveList<Connection, base::DeadlineTag> waiting_;
};

}  // namespace rivulet::server

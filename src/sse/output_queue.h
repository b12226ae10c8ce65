// What waits for one stream's socket, in order.
//
//   front_   [====written====|--- waits ---]  the frame that is being written
//   backlog_ [  frame  ][  frame  ] ...       those behind it, and
//            cursor: 18 ──> history           the event that comes after them
//
// One frame waits without any storage of its own: the usual case, a delivery
// to a reader that keeps up, allocates nothing. More than one share a ring
// that grows by doubling, in a backlog that is given back with the last of
// them. A queue holds references, so a slow reader costs pointers, not copies;
// and one that has fallen far behind costs one number. A queue has no limit of
// its own: server/stream.h bounds it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "os/buffer.h"
#include "sse/frame.h"

namespace rivulet::base {
class State;
}

namespace rivulet::sse {

class FrameTable;

class OutputQueue {
 public:
  explicit OutputQueue(Framing framing) : framing_(framing) {}

  [[nodiscard]] Framing framing() const { return framing_; }
  [[nodiscard]] bool empty() const { return !front_; }
  // Bytes that still have to be written.
  [[nodiscard]] size_t bytes() const;
  [[nodiscard]] size_t frames() const {
    return (front_ ? 1 : 0) + size_t{backlog_ ? backlog_->count : 0};
  }

  // What the queue holds in memory, if it were alone: its bytes, and for each
  // frame what a frame and its place cost.
  [[nodiscard]] size_t cost() const { return bytes() + frames() * kFrameCost; }

  // False when there was no memory for it; the queue is as it was then.
  [[nodiscard]] bool push(FrameRef frame);

  // Fills `pieces` with what waits, oldest first, and says how many it used.
  // The pieces hold until the queue changes.
  [[nodiscard]] size_t gather(std::span<os::ConstBuffer> pieces) const;

  // `size` bytes (at most bytes()) have been written: drops the references to
  // the frames that are done, and says how many events were among them.
  size_t consume(size_t size);

  // The sequence number of the first event behind the front frame; 0 when there
  // is none. What is pushed after an event is a later event, except at the end
  // of a stream, after which drop_waiting_events() is not called any more.
  [[nodiscard]] uint64_t first_waiting_event() const;

  // Takes back those events, which the history has.
  void drop_waiting_events();

  // The event that is to follow what waits here, by its sequence number; 0,
  // as at first, when none is. Setting one may fail for want of memory, unless
  // something waits behind the front frame; setting 0 does not.
  [[nodiscard]] uint64_t cursor() const {
    return backlog_ ? backlog_->cursor : 0;
  }
  [[nodiscard]] bool set_cursor(uint64_t sequence);

  // A figure that its owner keeps with the queue, because it is 0 as long as
  // nothing waits: what has been reported of its cost. With the owner it would
  // be eight bytes of every stream. Without memory it stays as it was.
  [[nodiscard]] size_t reported() const {
    return backlog_ ? backlog_->reported : 0;
  }
  [[nodiscard]] bool set_reported(size_t bytes);

  // Into and out of the state of a server (base/state.h), in
  // output_queue_state.cpp; into an empty one, and without what has been
  // reported.
  void carry(base::State& state, FrameTable& frames);

 private:
  static constexpr uint32_t kFirstCapacity = 8;
  static constexpr size_t kMallocCost = 16;  // of an allocation, on average
  // A reference, the frame's header, and what malloc adds to it.
  static constexpr size_t kFrameCost =
      sizeof(FrameRef) + sizeof(Frame) + kMallocCost;

  // There is one only while one of its figures is not 0.
  struct Backlog {
    std::unique_ptr<FrameRef[]> ring;
    uint32_t head = 0;
    uint32_t count = 0;
    uint32_t capacity = 0;  // of the ring: a power of two, or 0
    size_t bytes = 0;       // of the frames in the ring
    uint64_t cursor = 0;
    size_t reported = 0;

    [[nodiscard]] FrameRef& at(uint32_t index) const {
      return ring[(head + index) & (capacity - 1)];
    }
    [[nodiscard]] bool grow();
    // How many frames come before the first event: a stream's head, its opening
    // and a gap do.
    [[nodiscard]] uint32_t first_event() const;
  };

  [[nodiscard]] size_t size_of(const FrameRef& frame) const {
    return frame->bytes(framing_).size();
  }
  [[nodiscard]] bool need_backlog();
  void advance();
  void release_what_is_empty();

  FrameRef front_;
  std::unique_ptr<Backlog> backlog_;
  uint32_t written_ = 0;  // of front_
  Framing framing_;
};

}  // namespace rivulet::sse

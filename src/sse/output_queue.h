// The frames that wait for one stream's socket, in order.
//
//   front_ [====written====|--- waits ---]    the frame that is being written
//   rest_  [  frame  ][  frame  ] ...         those behind it
//
// One frame waits without any storage of its own: the usual case, a delivery
// to a reader that keeps up, allocates nothing. More than one share a ring
// that grows by doubling and is given back when the queue is empty. A queue
// holds references, so a slow reader costs pointers, not copies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "os/buffer.h"
#include "sse/frame.h"

namespace rivulet::sse {

class OutputQueue {
 public:
  explicit OutputQueue(Framing framing) : framing_(framing) {}

  [[nodiscard]] Framing framing() const { return framing_; }
  [[nodiscard]] bool empty() const { return !front_; }
  // Bytes that still have to be written.
  [[nodiscard]] size_t bytes() const { return bytes_; }
  [[nodiscard]] size_t frames() const {
    return (front_ ? 1 : 0) + size_t{rest_count_};
  }

  // What the queue holds in memory, if it were alone: its bytes, and for each
  // frame what a frame and its place cost.
  [[nodiscard]] size_t cost() const { return bytes_ + frames() * kFrameCost; }

  // False when there was no memory for it; the queue is as it was then.
  [[nodiscard]] bool push(FrameRef frame);

  // Fills `pieces` with what waits, oldest first, and says how many it used.
  // The pieces hold until the queue changes.
  [[nodiscard]] size_t gather(std::span<os::ConstBuffer> pieces) const;

  // `size` bytes (at most bytes()) have been written: drops the references to
  // the frames that are done.
  void consume(size_t size);

  // The sequence number of the first event behind the front frame; 0 when
  // there is none. From there on all are events, each later than the last.
  [[nodiscard]] uint64_t first_waiting_event() const;

  // Takes back those events, which the history has, and says how many.
  uint32_t drop_waiting_events();

 private:
  static constexpr uint32_t kFirstCapacity = 8;
  // A reference, the frame's header, and what malloc adds to it.
  static constexpr size_t kFrameCost = sizeof(FrameRef) + sizeof(Frame) + 16;

  [[nodiscard]] FrameRef& ring(uint32_t index) const {
    return rest_[(rest_head_ + index) & (rest_capacity_ - 1)];
  }
  [[nodiscard]] bool grow();
  [[nodiscard]] uint32_t first_event_index() const;
  void advance();
  void release_ring();

  FrameRef front_;
  std::unique_ptr<FrameRef[]> rest_;
  uint32_t rest_head_ = 0;
  uint32_t rest_count_ = 0;
  uint32_t rest_capacity_ = 0;  // a power of two, or 0
  uint32_t written_ = 0;        // of front_
  size_t bytes_ = 0;
  Framing framing_;
};

}  // namespace rivulet::sse

#include "sse/output_queue.h"

#include <algorithm>
#include <cassert>
#include <new>

namespace rivulet::sse {
namespace {

os::ConstBuffer as_buffer(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

}  // namespace

bool OutputQueue::push(FrameRef frame) {
  const size_t size = frame->bytes(framing_).size();
  if (!front_) {
    front_ = std::move(frame);
  } else {
    if (rest_count_ == rest_capacity_ && !grow()) return false;
    ring(rest_count_++) = std::move(frame);
  }
  bytes_ += size;
  return true;
}

size_t OutputQueue::gather(std::span<os::ConstBuffer> pieces) const {
  if (empty()) return 0;
  assert(!pieces.empty());
  pieces[0] = as_buffer(front_->bytes(framing_).substr(written_));
  const size_t count = std::min<size_t>(pieces.size(), size_t{rest_count_} + 1);
  for (size_t i = 1; i < count; ++i) {
    pieces[i] = as_buffer(ring(static_cast<uint32_t>(i - 1))->bytes(framing_));
  }
  return count;
}

void OutputQueue::consume(size_t size) {
  assert(size <= bytes_);
  bytes_ -= size;
  while (front_) {
    const size_t left = front_->bytes(framing_).size() - written_;
    if (size < left) break;
    size -= left;
    advance();
  }
  written_ += static_cast<uint32_t>(size);
}

void OutputQueue::advance() {
  written_ = 0;
  if (rest_count_ == 0) {
    front_ = FrameRef();
    return release_ring();
  }
  front_ = std::move(ring(0));
  rest_head_ = (rest_head_ + 1) & (rest_capacity_ - 1);
  --rest_count_;
}

// What is no event, the head of the stream and its opening, comes before all
// events.
uint32_t OutputQueue::first_event_index() const {
  uint32_t index = 0;
  while (index < rest_count_ && ring(index)->sequence() == 0) ++index;
  return index;
}

uint64_t OutputQueue::first_waiting_event() const {
  const uint32_t index = first_event_index();
  return index < rest_count_ ? ring(index)->sequence() : 0;
}

uint32_t OutputQueue::drop_waiting_events() {
  const uint32_t kept = first_event_index();
  const uint32_t dropped = rest_count_ - kept;
  while (rest_count_ > kept) {
    const FrameRef frame = std::move(ring(--rest_count_));
    assert(frame->sequence() != 0);
    bytes_ -= frame->bytes(framing_).size();
  }
  if (rest_count_ == 0) release_ring();
  return dropped;
}

void OutputQueue::release_ring() {
  rest_.reset();
  rest_head_ = rest_capacity_ = 0;
}

bool OutputQueue::grow() {
  const uint32_t capacity =
      rest_capacity_ == 0 ? kFirstCapacity : rest_capacity_ * 2;
  std::unique_ptr<FrameRef[]> larger(new (std::nothrow) FrameRef[capacity]);
  if (!larger) return false;
  for (uint32_t i = 0; i < rest_count_; ++i) larger[i] = std::move(ring(i));
  rest_ = std::move(larger);
  rest_head_ = 0;
  rest_capacity_ = capacity;
  return true;
}

}  // namespace rivulet::sse

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

size_t OutputQueue::bytes() const {
  const size_t front = front_ ? size_of(front_) - written_ : 0;
  return front + (backlog_ ? backlog_->bytes : 0);
}

bool OutputQueue::push(FrameRef frame) {
  if (!front_) {
    front_ = std::move(frame);
    return true;
  }
  if (!need_backlog()) return false;
  if (backlog_->count == backlog_->capacity && !backlog_->grow()) {
    release_what_is_empty();
    return false;
  }
  backlog_->bytes += size_of(frame);
  backlog_->at(backlog_->count++) = std::move(frame);
  return true;
}

size_t OutputQueue::gather(std::span<os::ConstBuffer> pieces) const {
  if (empty()) return 0;
  assert(!pieces.empty());
  pieces[0] = as_buffer(front_->bytes(framing_).substr(written_));
  const size_t count = std::min<size_t>(pieces.size(), frames());
  for (size_t i = 1; i < count; ++i) {
    const FrameRef& frame = backlog_->at(static_cast<uint32_t>(i - 1));
    pieces[i] = as_buffer(frame->bytes(framing_));
  }
  return count;
}

size_t OutputQueue::consume(size_t size) {
  assert(size <= bytes());
  size_t events = 0;
  while (front_) {
    const size_t left = size_of(front_) - written_;
    if (size < left) break;
    size -= left;
    if (front_->sequence() != 0) ++events;
    advance();
  }
  written_ += static_cast<uint32_t>(size);
  return events;
}

void OutputQueue::advance() {
  written_ = 0;
  if (!backlog_ || backlog_->count == 0) {
    front_ = FrameRef();
    return release_what_is_empty();
  }
  front_ = std::move(backlog_->at(0));
  backlog_->bytes -= size_of(front_);
  backlog_->head = (backlog_->head + 1) & (backlog_->capacity - 1);
  --backlog_->count;
}

uint64_t OutputQueue::first_waiting_event() const {
  if (!backlog_) return 0;
  const uint32_t index = backlog_->first_event();
  return index < backlog_->count ? backlog_->at(index)->sequence() : 0;
}

void OutputQueue::drop_waiting_events() {
  if (!backlog_) return;
  const uint32_t kept = backlog_->first_event();
  while (backlog_->count > kept) {
    const FrameRef frame = std::move(backlog_->at(--backlog_->count));
    assert(frame->sequence() != 0);
    backlog_->bytes -= size_of(frame);
  }
  release_what_is_empty();
}

bool OutputQueue::set_cursor(uint64_t sequence) {
  if (sequence != 0 && !need_backlog()) return false;
  if (backlog_) backlog_->cursor = sequence;
  release_what_is_empty();
  return true;
}

bool OutputQueue::set_reported(size_t bytes) {
  if (bytes != 0 && !need_backlog()) return false;
  if (backlog_) backlog_->reported = bytes;
  release_what_is_empty();
  return true;
}

bool OutputQueue::need_backlog() {
  if (!backlog_) backlog_.reset(new (std::nothrow) Backlog);
  return backlog_ != nullptr;
}

void OutputQueue::release_what_is_empty() {
  if (!backlog_ || backlog_->count > 0) return;
  backlog_->ring.reset();
  backlog_->head = backlog_->capacity = 0;
  if (backlog_->cursor == 0 && backlog_->reported == 0) backlog_.reset();
}

uint32_t OutputQueue::Backlog::first_event() const {
  uint32_t index = 0;
  while (index < count && at(index)->sequence() == 0) ++index;
  return index;
}

bool OutputQueue::Backlog::grow() {
  const uint32_t larger = capacity == 0 ? kFirstCapacity : capacity * 2;
  std::unique_ptr<FrameRef[]> frames(new (std::nothrow) FrameRef[larger]);
  if (!frames) return false;
  for (uint32_t i = 0; i < count; ++i) frames[i] = std::move(at(i));
  ring = std::move(frames);
  head = 0;
  capacity = larger;
  return true;
}

}  // namespace rivulet::sse

#include "server/stream.h"

#include <array>
#include <cassert>
#include <new>

#include "hub/hub.h"

namespace rivulet::server {

Stream::Stream(Context& context, os::Socket socket, uint64_t peer,
               sse::Framing framing)
    : context_(context),
      socket_(std::move(socket)),
      queue_(framing),
      peer_(peer) {}

Stream::~Stream() {
  if (subscribed()) {
    context_.hub.unsubscribe(*this);
    context_.admission.leave(peer_);
  }
  context_.held_memory.report(held_, 0);
}

void Stream::start(std::string_view id, std::string_view head) {
  opened_ = last_write_ = context_.reactor.now();
  try {
    if (!queue_.push(sse::Frame::raw(head))) return retire();
    if (!queue_.push(context_.opening)) return retire();
    join(id);
  } catch (const std::bad_alloc&) {
    return retire();
  }
  context_.deadlines.heartbeat.arm(*this, opened_);
  context_.reactor.flush_later(*this);
}

// Counted and subscribed, or neither.
void Stream::join(std::string_view id) {
  context_.admission.enter(peer_);
  try {
    context_.hub.subscribe(*this, id);
  } catch (const std::bad_alloc&) {
    context_.admission.leave(peer_);
    throw;
  }
}

bool Stream::stalled() const {
  return os::Reactor::interest(*this) == os::Interest::kReadWrite;
}

void Stream::deliver(const sse::FrameRef& frame) {
  assert(state_ == State::kLive);
  if (!queue_.push(frame)) {
    lost_frame_ = true;
    return context_.reactor.flush_later(*this);
  }
  if (!stalled()) return context_.reactor.flush_later(*this);
  // While the socket is full there is no use in trying: epoll will tell. But
  // a queue past its limit is looked at before the loop sleeps.
  report_memory();
  if (queue_.cost() > context_.settings.queue_bytes) {
    context_.reactor.flush_later(*this);
  }
}

// Streams that keep up report nothing: see HeldMemory. One that ends and whose
// client sends no more waits to write only.
void Stream::report_memory() {
  const bool keeps_up = os::Reactor::interest(*this) == os::Interest::kRead;
  context_.held_memory.report(held_, keeps_up ? 0 : queue_.cost());
}

void Stream::end(EndReason reason, std::string_view last_words) {
  leave(reason);
  state_ = State::kEnding;
  bool said = last_words.empty() || queue_.push(sse::Frame::chunk(last_words));
  if (queue_.framing() == sse::Framing::kChunked) {
    said = said && queue_.push(context_.last_chunk);
  }
  if (!said) return retire();  // no memory: it ends without
  context_.deadlines.ending.arm(*this, context_.reactor.now());
  context_.reactor.flush_later(*this);
}

void Stream::on_flush() {
  write_queue();
}

void Stream::on_writable() {
  write_queue();
}

void Stream::write_queue() {
  if (lost_frame_) return abandon(EndReason::kError);
  std::array<os::ConstBuffer, kPiecesAWrite> pieces;
  const size_t count = queue_.gather(pieces);
  if (count == 0) return on_drained();
  size_t offered = 0;
  for (size_t i = 0; i < count; ++i) offered += pieces[i].size;
  const os::IoResult result = socket_.write({pieces.data(), count});
  if (result.status == os::IoStatus::kBroken) {
    return abandon(EndReason::kClientClosed);
  }
  const bool moved = result.status == os::IoStatus::kDone;
  if (moved) {
    queue_.consume(result.size);
    last_write_ = context_.reactor.now();
  }
  if (queue_.empty()) return on_drained();
  on_left_over(moved, result.size < offered);
}

// Something still waits: behind a full socket, or because it was more than one
// write takes.
void Stream::on_left_over(bool moved, bool socket_full) {
  const base::Time now = context_.reactor.now();
  if (state_ != State::kLive) {
    if (moved) context_.deadlines.ending.arm(*this, now);
  } else if (stalled() ? moved : socket_full) {
    context_.deadlines.stalled.arm(*this, now);
  }
  if (!socket_full) return context_.reactor.flush_later(*this);
  if (state_ == State::kLive && queue_.cost() > context_.settings.queue_bytes) {
    return abandon(EndReason::kSlow);
  }
  const bool alone = state_ == State::kEndingAlone;
  context_.reactor.set_interest(
      *this, alone ? os::Interest::kWrite : os::Interest::kReadWrite);
  report_memory();
}

void Stream::on_drained() {
  if (state_ == State::kEndingAlone) return retire();
  if (stalled() && state_ == State::kLive) {
    context_.deadlines.heartbeat.arm(*this, context_.reactor.now());
  }
  context_.reactor.set_interest(*this, os::Interest::kRead);
  report_memory();
  if (state_ != State::kEnding) return;
  socket_.shutdown_write();
  state_ = State::kLingering;
  context_.deadlines.ending.arm(*this, context_.reactor.now());
}

void Stream::on_readable() {
  const os::IoResult result = socket_.read(context_.read_buffer());
  switch (result.status) {
    case os::IoStatus::kDone:
      return ignore(result.size);
    case os::IoStatus::kNotReady:
      return;
    case os::IoStatus::kEnd:
      return on_peer_end();
    case os::IoStatus::kBroken:
      return abandon(EndReason::kClientClosed);
  }
}

// A FIN on a stream means that the client is gone or wants no more: unlike a
// reset it may still read, so it gets the clean end that costs nothing.
void Stream::on_peer_end() {
  if (state_ == State::kLingering) return retire();
  if (state_ == State::kLive) end(EndReason::kClientClosed);
  state_ = State::kEndingAlone;
  context_.reactor.set_interest(*this, os::Interest::kWrite);
}

void Stream::ignore(size_t bytes) {
  ignored_bytes_ += static_cast<uint32_t>(bytes);
  if (ignored_bytes_ > kMaxIgnoredBytes) abandon(EndReason::kClientClosed);
}

void Stream::on_deadline() {
  if (state_ != State::kLive) return retire();
  if (stalled()) return abandon(EndReason::kTimeout);
  const base::Time now = context_.reactor.now();
  context_.deadlines.heartbeat.arm(*this, now);
  if (now - last_write_ >= context_.settings.heartbeat && queue_.empty()) {
    deliver(context_.heartbeat);
  }
}

// Out of the hub and its list of deadlines: nothing is delivered from here on.
void Stream::leave(EndReason reason) {
  assert(state_ == State::kLive);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(
      context_.reactor.now() - opened_);
  context_.log.info("stream-end", {{"id", hub::Hub::id_of(*this)},
                                   {"address", socket_.peer_address()},
                                   {"reason", to_string(reason)},
                                   {"seconds", seconds.count()},
                                   {"queued", queue_.bytes()}});
  ++context_.ended[static_cast<size_t>(reason)];
  disarm();
  context_.hub.unsubscribe(*this);
  context_.admission.leave(peer_);
}

// Closes without a word, whatever the state: the peer does not read.
void Stream::abandon(EndReason reason) {
  if (state_ == State::kLive) leave(reason);
  retire();
}

void Stream::on_no_memory() {
  if (!os::Reactor::retired(*this)) abandon(EndReason::kError);
}

void Stream::retire() {
  disarm();
  context_.held_memory.report(held_, 0);
  context_.reactor.retire(*this);
}

}  // namespace rivulet::server

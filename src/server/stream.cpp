#include "server/stream.h"

#include <array>
#include <cassert>

#include "hub/hub.h"

namespace rivulet::server {
namespace {

std::string_view to_string(EndReason reason) {
  switch (reason) {
    case EndReason::kClientClosed:
      return "client-closed";
    case EndReason::kSlow:
      return "slow";
    case EndReason::kDrain:
      return "drain";
  }
  return "error";
}

}  // namespace

Stream::Stream(Context& context, os::Socket socket, sse::Framing framing)
    : context_(context), socket_(std::move(socket)), queue_(framing) {}

Stream::~Stream() {
  if (subscribed()) context_.hub.unsubscribe(*this);
}

void Stream::start(std::string_view id, std::string_view head) {
  opened_ = last_write_ = context_.reactor.now();
  queue_.push(sse::Frame::raw(head));
  queue_.push(context_.opening);
  context_.hub.subscribe(*this, id);
  context_.deadlines.heartbeat.arm(*this, opened_);
  context_.reactor.flush_later(*this);
}

void Stream::deliver(const sse::FrameRef& frame) {
  assert(state_ == State::kLive);
  queue_.push(frame);
  // While the socket is full there is no use in trying: epoll will tell. But
  // a queue past its limit is looked at before the loop sleeps.
  const bool full = os::Reactor::interest(*this) == os::Interest::kReadWrite;
  if (full && queue_.bytes() <= context_.settings.queue_bytes) return;
  context_.reactor.flush_later(*this);
}

void Stream::end(EndReason reason) {
  leave(reason);
  state_ = State::kEnding;
  if (queue_.framing() == sse::Framing::kChunked) {
    queue_.push(context_.last_chunk);
  }
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
  std::array<os::ConstBuffer, kPiecesAWrite> pieces;
  const size_t count = queue_.gather(pieces);
  if (count == 0) return on_drained();
  size_t offered = 0;
  for (size_t i = 0; i < count; ++i) offered += pieces[i].size;
  const os::IoResult result = socket_.write({pieces.data(), count});
  if (result.status == os::IoStatus::kBroken) {
    return abandon(EndReason::kClientClosed);
  }
  if (result.status == os::IoStatus::kDone) {
    queue_.consume(result.size);
    last_write_ = context_.reactor.now();
  }
  if (queue_.empty()) return on_drained();
  on_left_over(result.size < offered);
}

// Something still waits: behind a full socket, or because it was more than one
// write takes.
void Stream::on_left_over(bool socket_full) {
  if (!socket_full) return context_.reactor.flush_later(*this);
  if (state_ == State::kLive &&
      queue_.bytes() > context_.settings.queue_bytes) {
    return abandon(EndReason::kSlow);
  }
  const bool alone = state_ == State::kEndingAlone;
  context_.reactor.set_interest(
      *this, alone ? os::Interest::kWrite : os::Interest::kReadWrite);
}

void Stream::on_drained() {
  if (state_ == State::kEndingAlone) return retire();
  context_.reactor.set_interest(*this, os::Interest::kRead);
  if (state_ != State::kEnding) return;
  socket_.shutdown_write();
  state_ = State::kLingering;
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
  const base::Time now = context_.reactor.now();
  context_.deadlines.heartbeat.arm(*this, now);
  // A queue that waits is no silence of ours: the socket is full.
  if (now - last_write_ < context_.settings.heartbeat || !queue_.empty()) {
    return;
  }
  deliver(context_.heartbeat);
}

// Out of the hub and the heartbeat list: nothing is delivered from here on.
void Stream::leave(EndReason reason) {
  assert(state_ == State::kLive);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(
      context_.reactor.now() - opened_);
  context_.log.info("stream-end", {{"id", hub::Hub::id_of(*this)},
                                   {"address", socket_.peer_address()},
                                   {"reason", to_string(reason)},
                                   {"seconds", seconds.count()},
                                   {"queued", queue_.bytes()}});
  disarm();
  context_.hub.unsubscribe(*this);
}

// Closes without a word, whatever the state: the peer does not read.
void Stream::abandon(EndReason reason) {
  if (state_ == State::kLive) leave(reason);
  retire();
}

void Stream::retire() {
  disarm();
  context_.reactor.retire(*this);
}

}  // namespace rivulet::server

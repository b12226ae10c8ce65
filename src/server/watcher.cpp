#include "server/watcher.h"

#include <array>
#include <new>

#include "server/context.h"

namespace rivulet::server {

Watcher::~Watcher() {
  if (ListNode<WatcherTag>::linked()) context_.stats.leave(*this);
}

void Watcher::start(std::string_view head) {
  moved_ = context_.reactor.now();
  try {
    if (!queue_.push(sse::Frame::raw(head))) return retire();
  } catch (const std::bad_alloc&) {
    return retire();
  }
  context_.stats.join(*this);
  context_.reactor.flush_later(*this);
}

void Watcher::show(const sse::FrameRef& figures) {
  if (os::Reactor::retired(*this)) return;
  if (overdue()) return retire();
  if (state_ != State::kOpen || !queue_.empty()) return;
  moved_ = context_.reactor.now();
  if (!queue_.push(figures)) return retire();
  context_.reactor.flush_later(*this);
}

// An open one that has taken all it was shown owes nothing.
bool Watcher::overdue() const {
  const base::Duration silent = context_.reactor.now() - moved_;
  if (state_ != State::kOpen) return silent >= kLingerTimeout;
  return !queue_.empty() && silent >= context_.settings.write_timeout;
}

void Watcher::end(std::string_view last_words) {
  if (os::Reactor::retired(*this) || state_ != State::kOpen) return;
  state_ = State::kEnding;
  moved_ = context_.reactor.now();
  bool said = last_words.empty() || queue_.push(sse::Frame::chunk(last_words));
  if (queue_.framing() == sse::Framing::kChunked) {
    said = said && queue_.push(context_.last_chunk);
  }
  if (!said) return retire();
  context_.reactor.flush_later(*this);
}

void Watcher::write_queue() {
  std::array<os::ConstBuffer, kPiecesAWrite> pieces;
  const size_t count = queue_.gather(pieces);
  if (count == 0) return on_drained();
  const os::IoResult result = socket_.write({pieces.data(), count});
  if (result.status == os::IoStatus::kBroken) return retire();
  if (result.status == os::IoStatus::kDone) {
    queue_.consume(result.size);
    moved_ = context_.reactor.now();
  }
  if (queue_.empty()) return on_drained();
  context_.reactor.set_interest(*this, os::Interest::kReadWrite);
}

void Watcher::on_drained() {
  context_.reactor.set_interest(*this, os::Interest::kRead);
  if (state_ != State::kEnding) return;
  socket_.shutdown_write();
  state_ = State::kLingering;
}

void Watcher::on_readable() {
  const os::IoResult result = socket_.read(context_.read_buffer());
  switch (result.status) {
    case os::IoStatus::kNotReady:
      return;
    case os::IoStatus::kEnd:
    case os::IoStatus::kBroken:
      return retire();
    case os::IoStatus::kDone:
      ignored_bytes_ += result.size;
      if (ignored_bytes_ > kMaxIgnoredBytes) retire();
  }
}

void Watcher::on_no_memory() {
  if (!os::Reactor::retired(*this)) retire();
}

// It leaves those who watch when it is freed, for they may be walked just now.
void Watcher::retire() {
  context_.reactor.retire(*this);
}

}  // namespace rivulet::server

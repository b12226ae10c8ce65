#include "os/reactor.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <new>
#include <utility>

#include "base/prefetch.h"
#include "os/clock.h"

namespace rivulet::os {

Reactor::Reactor()
    : woke_(read_monotonic_clock()),
      now_(std::chrono::floor<base::Duration>(woke_)) {}

Reactor::~Reactor() {
  bury_retired();
}

base::WallSeconds Reactor::wall_now() {
  return read_wall_clock();
}

base::FineTime Reactor::fine_now() {
  return read_monotonic_clock();
}

bool Reactor::watch(int fd, std::unique_ptr<EventHandler> handler) {
  assert(fd >= 0 && handler->fd_ < 0);
  if (!epoll_.add(fd, handler->interest_)) return false;
  const auto slot = static_cast<size_t>(fd);
  if (slot >= handlers_.size()) handlers_.resize(slot + 1);
  assert(handlers_[slot] == nullptr);
  handler->fd_ = fd;
  handlers_[slot] = std::move(handler);
  ++watched_;
  return true;
}

void Reactor::replace(ReplaceableHandler& handler,
                      std::unique_ptr<EventHandler> successor) {
  assert(handler.fd_ >= 0 && !handler.retired_);
  successor->fd_ = handler.fd_;
  successor->interest_ = handler.interest_;
  auto& slot = handlers_[static_cast<size_t>(handler.fd_)];
  slot.swap(successor);
  // NOLINTNEXTLINE(bugprone-unused-return-value): it is `handler` by now
  (void)successor.release();
  handler.retired_ = true;
  handler.unlink();  // nothing is written any more
  handler.replaced_before_ = std::move(replaced_);
  replaced_.reset(&handler);
}

void Reactor::retire(EventHandler& handler) {
  assert(handler.fd_ >= 0 && !handler.retired_);
  handler.retired_ = true;
  handler.unlink();
  retired_.push_back(handler);
  --watched_;
}

void Reactor::set_interest(EventHandler& handler, Interest interest) {
  if (retired(handler) || handler.interest_ == interest) return;
  handler.interest_ = interest;
  epoll_.modify(handler.fd_, interest);
}

void Reactor::carry(base::State& state, EventHandler& handler) {
  Interest wanted = handler.interest_;
  bool flushes = dirty(handler);
  state.choice(wanted, Interest::kReadWrite);
  state.flag(flushes);
  set_interest(handler, wanted);
  if (flushes) flush_later(handler);
}

void Reactor::flush_first(EventHandler& handler) {
  if (retired(handler)) return;
  handler.unlink();
  dirty_.push_front(handler);
}

void Reactor::flush_later(EventHandler& handler) {
  if (!retired(handler) && !handler.linked()) dirty_.push_back(handler);
}

void Reactor::settle() {
  flush_dirty();
  bury_retired();
}

void Reactor::wait(std::optional<base::Time> wake_at) {
  std::array<Ready, EpollSet::kBatch> ready;
  worked_ = fine_now() - woke_;
  const size_t count = epoll_.wait(ready, sleep_limit(wake_at));
  woke_ = fine_now();
  now_ = std::chrono::floor<base::Duration>(woke_);
  for (size_t i = 0; i < count; ++i) dispatch(ready[i]);
}

void Reactor::flush_dirty() {
  // A handler that asks again from within on_flush() waits for the next turn's
  // share at the latest.
  for (size_t n = 0; n < kFlushesPerTurn && !dirty_.empty(); ++n) {
    EventHandler& handler = dirty_.pop_front();
    if (!dirty_.empty()) base::prefetch(&dirty_.front());
    call(handler, &EventHandler::on_flush);
  }
}

void Reactor::bury_retired() {
  // A destructor may not retire others; closing the socket also takes it out
  // of the epoll set (epoll(7), questions and answers).
  while (!retired_.empty()) {
    handlers_[static_cast<size_t>(retired_.front().fd_)].reset();
  }
  while (replaced_) replaced_ = std::move(replaced_->replaced_before_);
}

void Reactor::dispatch(const Ready& ready) {
  const auto slot = static_cast<size_t>(ready.fd);
  EventHandler* const handler = handlers_[slot].get();
  // An event before this one in the same batch may have retired the handler.
  if (handler == nullptr || handler->retired_) return;
  const bool reads = handler->interest_ != Interest::kWrite;
  if (ready.readable || (ready.failed && reads))
    call(*handler, &EventHandler::on_readable);
  // And so may its own on_readable(); a successor is asked the next turn.
  if (handlers_[slot].get() != handler || handler->retired_) return;
  if (ready.writable || (ready.failed && !reads))
    call(*handler, &EventHandler::on_writable);
}

void Reactor::call(EventHandler& handler, void (EventHandler::*event)()) {
  try {
    (handler.*event)();
  } catch (const std::bad_alloc&) {
    handler.on_no_memory();
  }
}

std::optional<base::Duration> Reactor::sleep_limit(
    std::optional<base::Time> wake_at) const {
  if (!dirty_.empty()) return base::Duration(0);
  if (!wake_at) return std::nullopt;
  return std::max(*wake_at - now_, base::Duration(0));
}

}  // namespace rivulet::os

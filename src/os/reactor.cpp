#include "os/reactor.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <climits>
#include <system_error>

namespace rivulet::os {
namespace {

// Events taken from the kernel by one call.
constexpr size_t kBatch = 512;

base::Time read_clock() {
  const auto since_boot = std::chrono::steady_clock::now().time_since_epoch();
  return base::Time(std::chrono::duration_cast<base::Duration>(since_boot));
}

uint32_t epoll_bits(Interest interest) {
  const auto bits = static_cast<unsigned>(interest);
  return ((bits & 1U) != 0 ? uint32_t{EPOLLIN} : 0U) |
         ((bits & 2U) != 0 ? uint32_t{EPOLLOUT} : 0U);
}

}  // namespace

Reactor::Reactor()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), now_(read_clock()) {
  if (!epoll_.valid()) {
    throw std::system_error(errno, std::generic_category(), "epoll_create1");
  }
}

Reactor::~Reactor() = default;

base::WallSeconds Reactor::wall_now() {
  return std::chrono::floor<std::chrono::seconds>(
      std::chrono::system_clock::now());
}

bool Reactor::watch(int fd, std::unique_ptr<EventHandler> handler) {
  assert(fd >= 0 && handler->fd_ < 0);
  epoll_event event{};
  event.events = epoll_bits(handler->interest_);
  event.data.fd = fd;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return false;
  const auto slot = static_cast<size_t>(fd);
  if (slot >= handlers_.size()) handlers_.resize(slot + 1);
  assert(handlers_[slot] == nullptr);
  handler->fd_ = fd;
  handlers_[slot] = std::move(handler);
  ++watched_;
  return true;
}

void Reactor::replace(EventHandler& handler,
                      std::unique_ptr<EventHandler> successor) {
  assert(handler.fd_ >= 0);
  successor->fd_ = handler.fd_;
  successor->interest_ = handler.interest_;
  auto& slot = handlers_[static_cast<size_t>(handler.fd_)];
  std::swap(slot, successor);
  graveyard_.push_back(std::move(successor));  // the predecessor by now
  handler.fd_ = -1;
  handler.unlink();
}

void Reactor::retire(EventHandler& handler) {
  assert(handler.fd_ >= 0);
  graveyard_.push_back(std::move(handlers_[static_cast<size_t>(handler.fd_)]));
  handler.fd_ = -1;
  handler.unlink();  // nothing is written any more
  --watched_;
}

void Reactor::set_interest(EventHandler& handler, Interest interest) {
  if (retired(handler) || handler.interest_ == interest) return;
  handler.interest_ = interest;
  epoll_event event{};
  event.events = epoll_bits(interest);
  event.data.fd = handler.fd_;
  // Changing a registered descriptor needs no memory, so it cannot fail.
  [[maybe_unused]] const int result =
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, handler.fd_, &event);
  assert(result == 0);
}

void Reactor::flush_first(EventHandler& handler) {
  if (retired(handler)) return;
  handler.unlink();
  dirty_.push_front(handler);
}

void Reactor::flush_later(EventHandler& handler) {
  if (!retired(handler) && !handler.linked()) dirty_.push_back(handler);
}

void Reactor::turn(std::optional<base::Time> wake_at) {
  flush_dirty();
  bury_retired();
  std::array<epoll_event, kBatch> ready;
  const int count =
      ::epoll_wait(epoll_.get(), ready.data(), kBatch, sleep_limit(wake_at));
  now_ = read_clock();
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = ready[static_cast<size_t>(i)];
    dispatch(event.data.fd, event.events);
  }
}

void Reactor::flush_dirty() {
  // A handler that asks again from within on_flush() waits for the next turn's
  // share at the latest.
  for (size_t n = 0; n < kFlushesPerTurn && !dirty_.empty(); ++n) {
    dirty_.pop_front().on_flush();
  }
}

void Reactor::bury_retired() {
  // A destructor may not retire others; closing the socket also takes it out
  // of the epoll set (epoll(7), "closing a file descriptor").
  graveyard_.clear();
}

void Reactor::dispatch(int fd, uint32_t events) {
  const auto& slot = handlers_[static_cast<size_t>(fd)];
  EventHandler* const handler = slot.get();
  // An event before this one in the same batch may have retired the handler.
  if (handler == nullptr) return;
  const bool failed = (events & (EPOLLERR | EPOLLHUP)) != 0;
  const bool reads = handler->interest_ != Interest::kWrite;
  if ((events & EPOLLIN) != 0 || (failed && reads)) handler->on_readable();
  // And so may its own on_readable(); a successor is asked the next turn.
  if (handlers_[static_cast<size_t>(fd)].get() != handler) return;
  if ((events & EPOLLOUT) != 0 || (failed && !reads)) handler->on_writable();
}

int Reactor::sleep_limit(std::optional<base::Time> wake_at) const {
  if (!dirty_.empty()) return 0;
  if (!wake_at) return -1;
  const auto wait = (*wake_at - now_).count();
  return static_cast<int>(std::clamp<int64_t>(wait, 0, INT_MAX));
}

}  // namespace rivulet::os

#include "os/epoll_set.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <climits>
#include <system_error>

namespace rivulet::os {
namespace {

bool includes(Interest interest, Interest part) {
  return (static_cast<unsigned>(interest) & static_cast<unsigned>(part)) != 0;
}

epoll_event entry(int fd, Interest interest) {
  epoll_event event{};
  if (includes(interest, Interest::kRead)) event.events |= EPOLLIN;
  if (includes(interest, Interest::kWrite)) event.events |= EPOLLOUT;
  event.data.fd = fd;
  return event;
}

int milliseconds(std::optional<base::Duration> limit) {
  if (!limit) return -1;
  return static_cast<int>(std::clamp<int64_t>(limit->count(), 0, INT_MAX));
}

}  // namespace

EpollSet::EpollSet() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_.valid()) {
    throw std::system_error(errno, std::generic_category(), "epoll_create1");
  }
}

bool EpollSet::add(int fd, Interest interest) {
  epoll_event event = entry(fd, interest);
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void EpollSet::modify(int fd, Interest interest) {
  epoll_event event = entry(fd, interest);
  // Changing a registered descriptor needs no memory, so it cannot fail.
  [[maybe_unused]] const int result =
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
  assert(result == 0);
}

size_t EpollSet::wait(std::span<Ready, kBatch> ready,
                      std::optional<base::Duration> limit) {
  std::array<epoll_event, kBatch> events;
  const int count =
      ::epoll_wait(epoll_.get(), events.data(), kBatch, milliseconds(limit));
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<size_t>(i)];
    ready[static_cast<size_t>(i)] = {
        .fd = event.data.fd,
        .readable = (event.events & EPOLLIN) != 0,
        .writable = (event.events & EPOLLOUT) != 0,
        .failed = (event.events & (EPOLLERR | EPOLLHUP)) != 0};
  }
  return count > 0 ? static_cast<size_t>(count) : 0;  // EINTR: none are
}

}  // namespace rivulet::os

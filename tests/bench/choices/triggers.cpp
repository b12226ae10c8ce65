// What epoll(7) is asked to tell (src/os/epoll_set.h): that a socket is ready,
// for as long as it is, or that it has become so. Who is told only once has to
// read until nothing is left, which is one call more for each request. Who is
// told for ever has to ask for EPOLLOUT when a socket is full, and to take that
// back: two calls more for each time.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "table.h"

namespace rivulet::bench {
namespace {

constexpr size_t kRequests = 20'000;

// A connection to itself, of which epoll watches one end.
class Connection {
 public:
  explicit Connection(uint32_t events) : epoll_(::epoll_create1(0)) {
    constexpr int kType = SOCK_STREAM | SOCK_NONBLOCK;
    if (::socketpair(AF_UNIX, kType, 0, ends_.data()) != 0) std::abort();
    ask(EPOLL_CTL_ADD, events);
  }
  ~Connection() {
    for (const int fd : {ends_[0], ends_[1], epoll_}) ::close(fd);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void ask(int operation, uint32_t events) {
    epoll_event event{.events = events, .data = {.fd = ends_[0]}};
    if (::epoll_ctl(epoll_, operation, ends_[0], &event) != 0) std::abort();
  }

  // A small request comes in and is answered; false when it was not read.
  bool serve(bool until_nothing_is_left) {
    std::array<char, 4096> buffer{};
    epoll_event event;
    bool served = ::write(ends_[1], buffer.data(), 100) == 100;
    served = ::epoll_wait(epoll_, &event, 1, -1) == 1 && served;
    served = ::read(ends_[0], buffer.data(), buffer.size()) == 100 && served;
    while (until_nothing_is_left &&
           ::read(ends_[0], buffer.data(), buffer.size()) > 0) {
    }
    served = ::write(ends_[0], buffer.data(), 100) == 100 && served;
    return ::read(ends_[1], buffer.data(), buffer.size()) == 100 && served;
  }

 private:
  int epoll_;
  std::array<int, 2> ends_{};
};

double requests(uint32_t events, bool until_nothing_is_left) {
  Connection connection(events);
  return nanoseconds_each(kRequests, [&] {
    for (size_t n = 0; n < kRequests; ++n) {
      if (!connection.serve(until_nothing_is_left)) std::abort();
    }
  });
}

double two_more_calls() {
  Connection connection(EPOLLIN);
  return nanoseconds_each(kRequests, [&] {
    for (size_t n = 0; n < kRequests; ++n) {
      connection.ask(EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
      connection.ask(EPOLL_CTL_MOD, EPOLLIN);
    }
  });
}

}  // namespace

void compare_triggers() {
  show_title("a request and its answer over a socket pair: ns");
  show_row("level-triggered", requests(EPOLLIN, false));
  show_row("edge-triggered", requests(EPOLLIN | EPOLLET, true));
  show_row("level-triggered, and EPOLLOUT on and off: beyond that",
           two_more_calls());
}

}  // namespace rivulet::bench

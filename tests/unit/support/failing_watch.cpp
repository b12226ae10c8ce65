#include "failing_watch.h"

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace rivulet::test {
namespace {

bool failing = false;

}  // namespace

FailingWatch::FailingWatch() {
  failing = true;
}

FailingWatch::~FailingWatch() {
  failing = false;
}

}  // namespace rivulet::test

// noexcept, as glibc declares it.
extern "C" int epoll_ctl(int set, int operation, int fd,
                         epoll_event* event) noexcept {
  if (rivulet::test::failing && operation == EPOLL_CTL_ADD) {
    errno = ENOMEM;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_epoll_ctl, set, operation, fd, event));
}

#include "failing_accept.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace rivulet::test {
namespace {

int error_number = 0;
size_t times_left = 0;
size_t times_failed = 0;

}  // namespace

FailingAccept::FailingAccept(int error, size_t times) {
  error_number = error;
  times_left = times;
  times_failed = 0;
}

FailingAccept::~FailingAccept() {
  times_left = 0;
}

size_t FailingAccept::failed() {
  return times_failed;
}

}  // namespace rivulet::test

extern "C" int accept4(int fd, sockaddr* address, socklen_t* size, int flags) {
  using namespace rivulet::test;
  if (times_left == 0) {
    return static_cast<int>(::syscall(SYS_accept4, fd, address, size, flags));
  }
  --times_left;
  ++times_failed;
  errno = error_number;
  return -1;
}

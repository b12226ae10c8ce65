// Makes epoll_ctl(2) say in a unit test that the kernel has no memory to watch
// one more descriptor, as failing_accept.h does for accept4(2).
#pragma once

namespace rivulet::test {

// While it lives, nothing more can be watched. One at a time.
class FailingWatch {
 public:
  FailingWatch();
  FailingWatch(const FailingWatch&) = delete;
  FailingWatch& operator=(const FailingWatch&) = delete;
  ~FailingWatch();
};

}  // namespace rivulet::test

// Makes accept4(2) fail in a unit test with an error that no test can bring
// about: a firewall's, a kernel's without memory. The unit tests have an
// accept4() of their own for it, in front of the library's.
#pragma once

#include <cstddef>

namespace rivulet::test {

// While it lives, the next `times` calls fail with `error`, and leave alone
// what waits; those after them reach the kernel. One at a time.
class FailingAccept {
 public:
  static constexpr size_t kAlways = static_cast<size_t>(-1);

  explicit FailingAccept(int error, size_t times = 1);
  FailingAccept(const FailingAccept&) = delete;
  FailingAccept& operator=(const FailingAccept&) = delete;
  ~FailingAccept();

  // How many calls have failed.
  [[nodiscard]] static size_t failed();
};

}  // namespace rivulet::test

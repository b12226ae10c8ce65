// Owns one file descriptor and closes it at the end of its life. Whoever holds
// the UniqueFd is the owner; an `int` anywhere else only names it.
#pragma once

#include <utility>

namespace rivulet::os {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~UniqueFd() { reset(); }

  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  [[nodiscard]] int get() const { return fd_; }

  // Closes what it holds and takes `fd` (none by default).
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

}  // namespace rivulet::os

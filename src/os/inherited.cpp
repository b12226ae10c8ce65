#include "os/inherited.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace rivulet::os {
namespace {

constexpr uint64_t kFirst = 3;
constexpr uint64_t kMost = uint64_t{1} << 24U;

uint64_t descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  return std::min<uint64_t>(limit.rlim_cur, kMost);
}

// A socket out of the way of all `numbers`; invalid when there is no room.
UniqueFd open_stand_in(std::span<const uint64_t> numbers) {
  const auto highest = std::ranges::max_element(numbers);
  if (highest == numbers.end()) return {};
  const UniqueFd low(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return UniqueFd(
      ::fcntl(low.get(), F_DUPFD_CLOEXEC, static_cast<int>(*highest) + 1));
}

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

}  // namespace

bool InheritedDescriptors::claim(std::span<const uint64_t> numbers, Kind kind) {
  const uint64_t limit = descriptor_limit();
  const auto can_be_one = [limit](uint64_t number) {
    return number >= kFirst && number < limit;
  };
  if (!std::ranges::all_of(numbers, can_be_one)) return false;
  UniqueFd stand_in;
  if (kind == Kind::kStandIns) stand_in = open_stand_in(numbers);
  for (const uint64_t number : numbers) {
    const int fd = static_cast<int>(number);
    const bool good =
        kind == Kind::kOurs
            ? ::fcntl(fd, F_SETFD, FD_CLOEXEC) == 0
            : !is_open(fd) && ::dup3(stand_in.get(), fd, O_CLOEXEC) == fd;
    if (!good) return false;
    if (number >= descriptors_.size()) descriptors_.resize(number + 1);
    if (descriptors_[number].valid()) return false;  // named twice
    descriptors_[number].reset(fd);
  }
  return true;
}

UniqueFd InheritedDescriptors::take(uint64_t number) {
  if (number >= descriptors_.size()) return {};
  return std::move(descriptors_[number]);
}

}  // namespace rivulet::os

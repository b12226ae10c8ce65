#include "os/inherited.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "os/process.h"

namespace rivulet::os {
namespace {

constexpr uint64_t kFirstAfterStdio = 3;
// Far beyond the default of fs.nr_open: the table of them is as long.
constexpr uint64_t kMaxDescriptor = uint64_t{1} << 24U;

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

}  // namespace

bool InheritedDescriptors::claim(std::span<const uint64_t> numbers, Kind kind) {
  const uint64_t limit = std::min(descriptor_limit(), kMaxDescriptor);
  const auto can_be_one = [limit](uint64_t number) {
    return number >= kFirstAfterStdio && number < limit;
  };
  if (!std::ranges::all_of(numbers, can_be_one)) return false;
  if (kind == Kind::kStandIns) return open_stand_ins(numbers);
  for (const uint64_t number : numbers) {
    const int fd = static_cast<int>(number);
    if (holds(number) || ::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) return false;
    hold(UniqueFd(fd));
  }
  return true;
}

// One socket has all the numbers, and its own may be among them.
bool InheritedDescriptors::open_stand_ins(std::span<const uint64_t> numbers) {
  UniqueFd first(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  bool is_one = false;
  for (const uint64_t number : numbers) {
    const int fd = static_cast<int>(number);
    is_one = is_one || fd == first.get();
    if (fd == first.get()) continue;
    if (is_open(fd)) return false;
    if (::dup3(first.get(), fd, O_CLOEXEC) != fd) return false;
    hold(UniqueFd(fd));
  }
  if (is_one) hold(std::move(first));
  return true;
}

bool InheritedDescriptors::holds(uint64_t number) const {
  return number < descriptors_.size() && descriptors_[number].valid();
}

void InheritedDescriptors::hold(UniqueFd descriptor) {
  const auto number = static_cast<size_t>(descriptor.get());
  if (number >= descriptors_.size()) descriptors_.resize(number + 1);
  descriptors_[number] = std::move(descriptor);
}

UniqueFd InheritedDescriptors::take(uint64_t number) {
  if (number >= descriptors_.size()) return {};
  return std::move(descriptors_[number]);
}

}  // namespace rivulet::os

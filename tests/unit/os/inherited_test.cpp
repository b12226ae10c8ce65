// Tests os/inherited.h: descriptors that are handed over, and stand-ins.
#include "os/inherited.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>

namespace rivulet::os {
namespace {

TEST_CASE("descriptors are handed over once, and no others") {
  const int fd = ::open("/dev/null", O_RDONLY);
  const auto number = static_cast<uint64_t>(fd);
  InheritedDescriptors descriptors;
  using Kind = InheritedDescriptors::Kind;
  CHECK(descriptors.claim(std::array<uint64_t, 1>{number}, Kind::kOurs));
  CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  CHECK_FALSE(descriptors.take(number + 1).valid());
  CHECK_FALSE(descriptors.take(~uint64_t{0}).valid());
  CHECK(descriptors.take(number).get() == fd);
  CHECK_FALSE(descriptors.take(number).valid());
}

TEST_CASE(
    "descriptors that are not there, or stand in for others, are refused") {
  using Kind = InheritedDescriptors::Kind;
  const auto claims = [](uint64_t number, Kind kind) {
    return InheritedDescriptors().claim(std::array<uint64_t, 1>{number}, kind);
  };
  CHECK_FALSE(claims(777, Kind::kOurs));
  CHECK_FALSE(claims(2, Kind::kOurs));
  CHECK_FALSE(claims(~uint64_t{0}, Kind::kOurs));
  CHECK(claims(777, Kind::kStandIns));
  const int next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::close(next);  // the number that is given away next
  CHECK(claims(static_cast<uint64_t>(next), Kind::kStandIns));
  CHECK_FALSE(claims(2, Kind::kStandIns));
  CHECK_FALSE(claims(~uint64_t{0}, Kind::kStandIns));
  const UniqueFd ours(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  CHECK_FALSE(claims(static_cast<uint64_t>(ours.get()), Kind::kStandIns));
  InheritedDescriptors twice;
  CHECK_FALSE(twice.claim(std::array<uint64_t, 2>{777, 777}, Kind::kStandIns));
}

}  // namespace
}  // namespace rivulet::os

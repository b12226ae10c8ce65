// Tests os/process.h: the limits of the process.
#include "os/process.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>

#include "../support/socket_pair.h"

namespace rivulet::os {
namespace {

TEST_CASE("the descriptor limit is raised to what is allowed") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit lower = before;
  lower.rlim_cur = 64;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &lower) == 0);
  CHECK(raise_descriptor_limit() == before.rlim_max);
  rlimit after{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &after) == 0);
  CHECK(after.rlim_cur == before.rlim_max);
  CHECK(descriptor_limit() == before.rlim_max);
  CHECK(raise_descriptor_limit() == before.rlim_max);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
}

TEST_CASE("a placeholder takes up one descriptor and is not inherited") {
  UniqueFd placeholder = open_placeholder();
  REQUIRE(placeholder.valid());
  const int fd = placeholder.get();
  CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  placeholder.reset();
  CHECK_FALSE(test::is_open(fd));
}

}  // namespace
}  // namespace rivulet::os

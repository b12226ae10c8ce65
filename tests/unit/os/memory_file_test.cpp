// Tests os/memory_file.h: bytes that one program gives to another.
#include "os/memory_file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace rivulet::os {
namespace {

TEST_CASE("bytes are given once") {
  std::string problem;
  const UniqueFd file = make_memory_file("some bytes", problem);
  const int given_away = ::dup(file.get());
  ::setenv("RIVULET_UPGRADE_STATE", std::to_string(given_away).c_str(), 1);
  {
    const GivenBytes given;
    CHECK(given.given());
    CHECK(given.bytes() == "some bytes");
    CHECK(::fcntl(given_away, F_GETFD) < 0);  // taken and closed
  }
  CHECK_FALSE(GivenBytes().given());
}

TEST_CASE("a number that names no file gives bytes that cannot be read") {
  for (const char* number : {"", "x", "-1", "0", "99999", "99999999999999"}) {
    ::setenv("RIVULET_UPGRADE_STATE", number, 1);
    const GivenBytes given;
    CHECK(given.given());
    CHECK(given.bytes().empty());
  }
}

}  // namespace
}  // namespace rivulet::os

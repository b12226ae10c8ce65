// Tests os/process.h: limits of the process and the files it reads.
#include "os/process.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <filesystem>

#include "../support/socket_pair.h"
#include "../support/temp_folder.h"

namespace rivulet::os {
namespace {

using test::TempFolder;

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

TEST_CASE("a file is read whole, bytes as they are") {
  const TempFolder folder;
  std::string bytes;
  for (int i = 0; i < 70'000; ++i) bytes += static_cast<char>(i % 256);
  CHECK(read_file(folder.write("file", bytes), bytes.size()) == bytes);
  CHECK(read_file(folder.write("empty", ""), 0) == "");
}

TEST_CASE("a file may have as many bytes as its limit and not one more") {
  const TempFolder folder;
  const std::string path = folder.write("file", "12345");
  CHECK(read_file(path, 6) == "12345");
  CHECK(read_file(path, 5) == "12345");
  CHECK(read_file(path, 4) == std::nullopt);
}

TEST_CASE("only a regular file is read, through no link and without waiting") {
  const TempFolder folder;
  const std::string path = folder.write("file", "secret");
  CHECK(read_file(folder.path_of("missing"), 100) == std::nullopt);
  CHECK(read_file(folder.path(), 100) == std::nullopt);
  std::filesystem::create_symlink(path, folder.path_of("link"));
  CHECK(read_file(folder.path_of("link"), 100) == std::nullopt);
  REQUIRE(::mkfifo(folder.path_of("pipe").c_str(), 0600) == 0);
  CHECK(read_file(folder.path_of("pipe"), 100) == std::nullopt);
  CHECK(read_file("/dev/zero", 100) == std::nullopt);
}

}  // namespace
}  // namespace rivulet::os

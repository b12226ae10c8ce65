// Tests os/secret_file.h: what is read, and who else may read it.
#include "os/secret_file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "../support/temp_folder.h"

namespace rivulet::os {
namespace {

TEST_CASE("a file is read whole, up to the limit") {
  const test::TempFolder folder;
  const std::string path = folder.write("a", "12345");
  CHECK(read_secret_file(path, 5)->content == "12345");
  CHECK(read_secret_file(path, 6)->content == "12345");
  CHECK_FALSE(read_secret_file(path, 4));
  CHECK(read_secret_file(folder.write("empty", ""), 4)->content == "");
}

TEST_CASE("it says whether everybody may read it") {
  const test::TempFolder folder;
  const std::string path = folder.write("a", "12345");
  for (const mode_t mode : {0400U, 0600U, 0640U}) {
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    CHECK_FALSE(read_secret_file(path, 9)->open_to_all);
  }
  REQUIRE(::chmod(path.c_str(), 0644) == 0);
  CHECK(read_secret_file(path, 9)->open_to_all);
}

TEST_CASE("a symbolic link is followed") {
  const test::TempFolder folder;
  folder.write("a", "12345");
  std::filesystem::create_symlink("a", folder.path_of("link"));
  CHECK(read_secret_file(folder.path_of("link"), 9)->content == "12345");
}

TEST_CASE("what is no file that can be read is none") {
  const test::TempFolder folder;
  CHECK_FALSE(read_secret_file(folder.path_of("missing"), 9));
  CHECK_FALSE(read_secret_file(folder.path(), 9));
  CHECK_FALSE(read_secret_file("", 9));
  CHECK_FALSE(read_secret_file("/dev/zero", 9));
  REQUIRE(::mkfifo(folder.path_of("pipe").c_str(), 0600) == 0);
  CHECK_FALSE(read_secret_file(folder.path_of("pipe"), 9));
}

}  // namespace
}  // namespace rivulet::os

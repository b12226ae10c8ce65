// Tests os/file.h: files that are read whole, and folders.
#include "os/file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "../support/temp_folder.h"

namespace rivulet::os {
namespace {

using test::TempFolder;

TEST_CASE("a whole file is read, bytes as they are, also through a link") {
  const TempFolder folder;
  std::string bytes;
  for (int i = 0; i < 70'000; ++i) bytes += static_cast<char>(i % 256);
  const std::string path = folder.write("file", bytes);
  std::filesystem::create_symlink(path, folder.path_of("link"));
  for (const std::string& name : {path, folder.path_of("link")}) {
    const FileContent content = read_whole_file(name, bytes.size());
    CHECK(content.problem == "");
    CHECK(content.bytes == bytes);
  }
  CHECK(read_whole_file(folder.write("empty", ""), 0).problem == "");
}

TEST_CASE("a pipe is read to its end") {
  const TempFolder folder;
  const std::string path = folder.path_of("pipe");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  std::thread writer([&path] { std::ofstream(path) << "retry = 1s"; });
  CHECK(read_whole_file(path, 100).bytes == "retry = 1s");
  writer.join();
}

TEST_CASE("a file that cannot be read has a reason and no content") {
  const TempFolder folder;
  const std::string path = folder.write("file", "12345");
  CHECK(read_whole_file(path, 5).bytes == "12345");
  CHECK(read_whole_file(path, 4).problem == "File has more than 4 bytes");
  CHECK(read_whole_file(path, 4).bytes == "");
  CHECK(read_whole_file("/dev/zero", 10'000).problem ==
        "File has more than 10000 bytes");
  CHECK(read_whole_file(folder.path(), 5).problem == "Is a directory");
  CHECK(read_whole_file("", 5).problem == "No such file or directory");
}

TEST_CASE("a regular file alone is read without waiting for anything") {
  const TempFolder folder;
  const std::string path = folder.write("file", "12345");
  std::filesystem::create_symlink(path, folder.path_of("link"));
  CHECK(read_regular_file(path, 5).bytes == "12345");
  CHECK(read_regular_file(folder.path_of("link"), 5).bytes == "12345");
  CHECK(read_regular_file(path, 4).problem == "File has more than 4 bytes");
  REQUIRE(::mkfifo(folder.path_of("pipe").c_str(), 0600) == 0);
  for (const std::string& other :
       {folder.path_of("pipe"), folder.path(), std::string("/dev/zero")}) {
    CHECK(read_regular_file(other, 5).problem == "Not a regular file");
  }
  CHECK(read_regular_file("", 5).problem == "No such file or directory");
}

TEST_CASE("a link is not followed when it is not to be") {
  const TempFolder folder;
  const std::string path = folder.write("file", "12345");
  std::filesystem::create_symlink(path, folder.path_of("link"));
  CHECK(read_regular_file(path, 5, Links::kRefuse).bytes == "12345");
  const FileContent content =
      read_regular_file(folder.path_of("link"), 5, Links::kRefuse);
  CHECK(content.problem == "Too many levels of symbolic links");
  CHECK(content.bytes == "");
}

TEST_CASE("a regular file says whether everybody may read it") {
  const TempFolder folder;
  const std::string path = folder.write("file", "12345");
  for (const mode_t mode : {0400U, 0600U, 0640U}) {
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    CHECK_FALSE(read_regular_file(path, 9).open_to_all);
  }
  REQUIRE(::chmod(path.c_str(), 0644) == 0);
  CHECK(read_regular_file(path, 9).open_to_all);
}

TEST_CASE("a folder is one, also through a link, and nothing else is") {
  const TempFolder folder;
  std::filesystem::create_symlink(folder.path(), folder.path_of("link"));
  CHECK(is_folder(folder.path()));
  CHECK(is_folder(folder.path_of("link")));
  CHECK_FALSE(is_folder(folder.write("file", "")));
  CHECK_FALSE(is_folder(folder.path_of("missing")));
  CHECK_FALSE(is_folder(""));
}

}  // namespace
}  // namespace rivulet::os

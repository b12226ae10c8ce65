// Tests os/program.h: where this program lies; what execve(2) makes of the next
// one is for tests/e2e/test_upgrade.py.
#include "os/program.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "../support/temp_folder.h"
#include "os/memory_file.h"

namespace rivulet::os {
namespace {

// A folder with a link to this program, which the process works in meanwhile;
// PATH may be changed meanwhile.
class Elsewhere {
 public:
  Elsewhere() {
    std::filesystem::create_symlink(
        std::filesystem::read_symlink("/proc/self/exe"),
        folder_.path_of("link"));
    std::filesystem::current_path(folder_.path());
  }
  Elsewhere(const Elsewhere&) = delete;
  Elsewhere& operator=(const Elsewhere&) = delete;
  ~Elsewhere() {
    std::filesystem::current_path(before_);
    ::setenv("PATH", search_path_.c_str(), 1);
  }

  [[nodiscard]] std::string link() const { return folder_.path_of("link"); }
  [[nodiscard]] std::string folder() const { return folder_.path(); }

 private:
  test::TempFolder folder_;
  std::filesystem::path before_ = std::filesystem::current_path();
  std::string search_path_ = ::getenv("PATH");
};

TEST_CASE("this program is found, whatever it was called") {
  const std::string path = find_program("build/no/such/file");
  CHECK(path.starts_with('/'));
  CHECK(::access(path.c_str(), X_OK) == 0);
}

TEST_CASE("this program is found by a path, through a link that stays one") {
  const Elsewhere here;
  CHECK(find_program("./link") == here.folder() + "/./link");
  CHECK(find_program(here.link()) == here.link());
}

TEST_CASE("this program is found in the folders of PATH") {
  const Elsewhere here;
  for (const std::string& folders : {here.folder(), "/nowhere:" + here.folder(),
                                     here.folder() + ":/nowhere"}) {
    CAPTURE(folders);
    ::setenv("PATH", folders.c_str(), 1);
    CHECK(find_program("link") == here.link());
  }
}

TEST_CASE("an empty folder of PATH is the one that the process works in") {
  const Elsewhere here;
  for (const char* folders : {":/nowhere", "/nowhere:", "/no::/where"}) {
    CAPTURE(folders);
    ::setenv("PATH", folders, 1);
    CHECK(find_program("link") == here.link());
  }
  ::setenv("PATH", "", 1);
  CHECK(find_program("link") != here.link());
}

TEST_CASE("a program that this process cannot become leaves it as it was") {
  std::string problem;
  const UniqueFd file = make_memory_file("state", problem);
  const std::array<uint64_t, 0> none{};
  CHECK(become({.path = "/nowhere", .arguments = {"x"}}, file, none) ==
        "/nowhere: No such file or directory");
  CHECK((::fcntl(file.get(), F_GETFD) & FD_CLOEXEC) != 0);
}

}  // namespace
}  // namespace rivulet::os

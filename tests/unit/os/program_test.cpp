// Tests children that check, files in memory, and descriptors that are handed
// over; what execve(2) makes of them is for tests/e2e/test_upgrade.py.
#include "os/program.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string>

#include "../support/temp_folder.h"
#include "os/inherited.h"

namespace rivulet::os {
namespace {

// What a child says and how it ends.
struct Ended {
  std::string said;
  std::string status;
};

Ended run(const std::string& path, const std::string& argument,
          std::string_view bytes = "state") {
  std::string problem;
  const UniqueFd file = make_memory_file(bytes, problem);
  REQUIRE(file.valid());
  Child child;
  REQUIRE(child.start(path, argument, file, problem));
  Ended ended;
  pollfd ready{child.fd(), POLLIN, 0};
  while (::poll(&ready, 1, -1) == 1 && !child.read(ended.said)) {
  }
  ended.status = child.finish();
  return ended;
}

Ended run_script(const std::string& text) {
  const test::TempFolder folder;
  const std::string path = folder.path() + "/script";
  folder.write("script", "#!/bin/sh\n" + text);
  REQUIRE(::chmod(path.c_str(), 0755) == 0);
  return run(path, "argument");
}

TEST_CASE("what a child says is heard, on stdout and stderr") {
  const Ended ended = run_script("echo $1; echo oh >&2");
  CHECK(ended.said == "argument\noh\n");
  CHECK(ended.status.empty());
}

TEST_CASE("how a child ends is told") {
  CHECK(run_script("exit 3").status == "exit status 3");
  CHECK(run_script("kill -SEGV $$").status == "it was killed by signal 11");
  CHECK(run_script("exec >&- 2>&-; exec sleep 1000").status ==
        "it was killed by signal 9");
}

TEST_CASE("a child has the bytes, and none of our descriptors but 0 to 2") {
  const Ended bytes = run_script("cat /proc/self/fd/$RIVULET_UPGRADE_STATE");
  CHECK(bytes.said == "state");
  const UniqueFd ours(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Ended ended = run_script("test -e /proc/self/fd/" +
                                 std::to_string(ours.get()) + " || echo no");
  CHECK(ended.said == "no\n");
}

TEST_CASE("a child that talks without end is heard for a while") {
  const Ended ended = run_script("yes | head -c 100000");
  CHECK(ended.said.size() <= 5'120);
  CHECK(ended.status.empty());
}

TEST_CASE("what cannot be started says why") {
  std::string problem;
  const UniqueFd file = make_memory_file("state", problem);
  CHECK_FALSE(Child().start("/nowhere", "", file, problem));
  CHECK(problem == "/nowhere: No such file or directory");
  CHECK_FALSE(Child().start("/etc/passwd", "", file, problem));
  CHECK(problem == "/etc/passwd: Permission denied");
  const std::array<uint64_t, 0> none{};
  CHECK(become({.path = "/nowhere", .arguments = {"x"}}, file, none) ==
        "/nowhere: No such file or directory");
  CHECK((::fcntl(file.get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("this program is found by its path") {
  const std::string path = find_program("build/no/such/file");
  CHECK(path.starts_with('/'));
  CHECK(::access(path.c_str(), X_OK) == 0);
}

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

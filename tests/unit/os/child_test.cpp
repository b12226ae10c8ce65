// Tests os/child.h: what children are given and say, and how they end.
#include "os/child.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <string>
#include <string_view>

#include "../support/temp_folder.h"
#include "os/memory_file.h"

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
  CHECK(ended.said.size() == 4'096);
  CHECK(ended.status.empty());
}

TEST_CASE("what cannot be started says why") {
  std::string problem;
  const UniqueFd file = make_memory_file("state", problem);
  CHECK_FALSE(Child().start("/nowhere", "", file, problem));
  CHECK(problem == "/nowhere: No such file or directory");
  CHECK_FALSE(Child().start("/etc/passwd", "", file, problem));
  CHECK(problem == "/etc/passwd: Permission denied");
}

}  // namespace
}  // namespace rivulet::os

// Tests daemon/arguments.h: what `ps` shows of a command line.
#include "daemon/arguments.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace rivulet::daemon {
namespace {

using Strings = std::vector<std::string>;

Strings blotted(Strings arguments) {
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  blot_out_secrets(pointers);
  return arguments;
}

TEST_CASE("a secret is blotted out, after a space or an equals sign") {
  CHECK(blotted({"--publish-token", "abc"}) ==
        Strings{"--publish-token", "***"});
  CHECK(blotted({"--publish-token=abc=d"}) == Strings{"--publish-token=*****"});
  CHECK(blotted({"--publish-token", "--publish-token", "abc"}) ==
        Strings{"--publish-token", "***************", "abc"});
}

TEST_CASE("what is no secret stays as it was") {
  const Strings harmless{"--listen", "*:1",       "--publish-token-file=/a",
                         "-h",       "--unknown", "publish-token",
                         "x",        ""};
  CHECK(blotted(harmless) == harmless);
  CHECK(blotted({}) == Strings{});
  CHECK(blotted({"--publish-token"}) == Strings{"--publish-token"});
  CHECK(blotted({"--publish-token="}) == Strings{"--publish-token="});
}

}  // namespace
}  // namespace rivulet::daemon

// Tests daemon/config_file.h: the lines of a file, and what is wrong with them.
#include "daemon/config_file.h"

#include <doctest/doctest.h>

#include <string>

#include "../support/temp_folder.h"
#include "daemon/option_error.h"

namespace rivulet::daemon {
namespace {

// Each line as "number name|value", and each problem as "number! reason".
std::string parsed(std::string_view text) {
  const ConfigFile file = parse_config(
      text, [](std::string_view name) { return name == "listen"; });
  std::string result;
  for (const ConfigLine& line : file.lines) {
    result += std::to_string(line.number) + " " + std::string(line.name) + "|" +
              std::string(line.value) + "\n";
  }
  for (const ConfigProblem& problem : file.problems) {
    result += std::to_string(problem.number) + "! " + problem.reason + "\n";
  }
  return result;
}

TEST_CASE("a line is a name, an equals sign and a value") {
  CHECK(parsed("retry = 5s\nheartbeat=1s\n") == "1 retry|5s\n2 heartbeat|1s\n");
  CHECK(parsed("retry = 5s") == "1 retry|5s\n");
  CHECK(parsed(" \tretry \t=\t 5s \t\n") == "1 retry|5s\n");
  CHECK(parsed("retry = 5s\r\nwww =\r\n") == "1 retry|5s\n2 www|\n");
  CHECK(parsed("www = /a=b #c \"d\"\n") == "1 www|/a=b #c \"d\"\n");
  CHECK(parsed("www = /a b\n") == "1 www|/a b\n");
}

TEST_CASE("a byte order mark is none of the first line") {
  CHECK(parsed("\xEF\xBB\xBFretry = 5s\n") == "1 retry|5s\n");
  CHECK(parsed("\xEF\xBB\xBF# comment\n") == "");
}

TEST_CASE("comments and blank lines count as lines and as nothing else") {
  CHECK(parsed("") == "");
  CHECK(parsed("\n \n\t\n\r\n#\n # retry = 1s\n#retry\n") == "");
  CHECK(parsed("# one\n\nretry = 5s\n") == "3 retry|5s\n");
}

TEST_CASE("a line without a name or an equals sign is told by its number") {
  for (const std::string line : {"retry", "retry 5s", "= 5s", "=", "retry: 5s",
                                 "[rivulet]", "; retry"}) {
    CAPTURE(line);
    CHECK(parsed("www = /a\n" + line + "\n") ==
          "1 www|/a\n"
          "2! expected 'name = value', or a comment that starts with #\n");
  }
}

TEST_CASE("a name that comes twice is told with the line of the first") {
  CHECK(parsed("retry = 1s\n\nretry = 2s\nretry = 1s\n") ==
        "1 retry|1s\n"
        "3! retry: is set already in line 1\n"
        "4! retry: is set already in line 1\n");
}

TEST_CASE("a name that may repeat is read as often as it comes") {
  CHECK(parsed("listen = a\nretry = 1s\nlisten = b\nlisten = a\n") ==
        "1 listen|a\n2 retry|1s\n3 listen|b\n4 listen|a\n");
}

TEST_CASE("what is told of a name does nothing to a terminal") {
  CHECK(parsed("\x1b[2J = 1\n\x1b[2J = 1\n").find("\x1b[2J: is set") ==
        std::string::npos);
}

TEST_CASE("a value fits in a line when a file can say it and no other") {
  for (const std::string value :
       {"", "a", "a b", "a#b", "#a", "a=b", "ol\xc3\xa1", "\"a\""}) {
    CAPTURE(value);
    CHECK(fits_in_a_line(value));
    CHECK(parsed("x = " + value) == "1 x|" + value + "\n");
  }
  for (const std::string value : {" ", " a", "a ", "\ta", "a\nb", "a\r", "a\tb",
                                  "a #b", "\xff", "\xc2\x80", "\x7f"}) {
    CAPTURE(value);
    CHECK_FALSE(fits_in_a_line(value));
  }
  CHECK_FALSE(fits_in_a_line(std::string_view("a\0b", 3)));
}

TEST_CASE("a file is read as it is") {
  const test::TempFolder folder;
  CHECK(read_config_file(folder.write("a", "retry = 5s\n")) == "retry = 5s\n");
  CHECK(read_config_file(folder.write("b", "")) == "");
}

TEST_CASE("a file can be read again, and a pipe cannot") {
  const test::TempFolder folder;
  const std::string path = folder.write("a", "retry = 5s\n");
  CHECK(reread_config_file(path) == "retry = 5s\n");
  CHECK_THROWS_WITH_AS((void)reread_config_file("/dev/zero"),
                       "Not a regular file", OptionError);
}

TEST_CASE("a file that cannot be read is refused with the reason") {
  const test::TempFolder folder;
  CHECK_THROWS_WITH_AS((void)read_config_file(folder.path_of("missing")),
                       "No such file or directory", OptionError);
  CHECK_THROWS_WITH_AS((void)read_config_file(folder.path()), "Is a directory",
                       OptionError);
  CHECK_THROWS_WITH_AS((void)read_config_file("/dev/zero"),
                       "File has more than 1048576 bytes", OptionError);
}

}  // namespace
}  // namespace rivulet::daemon

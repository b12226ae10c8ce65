// Tests daemon/manual.h: that the manual page has every option.
#include "daemon/manual.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "base/text.h"
#include "reading.h"

namespace rivulet::daemon {
namespace {

// Hyphens that are typed are "\\-" in a manual page.
std::string typed(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '-') result += '\\';
    result += c;
  }
  return result;
}

TEST_CASE("the manual lists every option, its variable and its default") {
  const std::string manual = manual_text();
  for (const Row& row : option_rows()) {
    CAPTURE(row.name);
    CHECK(names(manual, "\n.It Fl \\-" + typed(row.name) + " Ar "));
    CHECK(names(manual, ".Ev " + variable(row.name)));
    CHECK(names(manual, typed(row.default_value)));
  }
  for (const TaskRow& row : task_rows()) {
    CHECK(names(manual, "\n.It Fl " + typed(row.flag.substr(1)) + "\n"));
  }
}

TEST_CASE("the manual says which options a reload does not change") {
  const std::string manual = manual_text();
  CHECK(names(manual, ".Ev RIVULET_PORT , No fixed at start\n"));
  CHECK(names(manual, ".Ev RIVULET_LISTEN , No fixed at start , No default "));
  CHECK(names(manual, ".Ev RIVULET_RETRY , No default "));
}

TEST_CASE("no text of the table is read as a request of roff") {
  const std::string manual = manual_text();
  for (std::string_view rest = manual; !rest.empty();) {
    const std::string_view line = base::take_until(rest, '\n');
    CAPTURE(line);
    REQUIRE_FALSE(line.empty());
    CHECK(line.front() != '\'');
    if (line.front() != '.' || line.starts_with(".br")) continue;
    CHECK(line.size() > 2);
    CHECK((line[1] >= 'A' && line[1] <= 'Z'));
  }
}

}  // namespace
}  // namespace rivulet::daemon

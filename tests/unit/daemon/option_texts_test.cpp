// Tests daemon/option_texts.h: what the program says of its options.
#include "daemon/option_texts.h"

#include <doctest/doctest.h>

#include <string>

#include "reading.h"

namespace rivulet::daemon {
namespace {

TEST_CASE("the help lists every option, its variable and its default") {
  const std::string help = help_text();
  for (const Row& row : option_rows()) {
    CAPTURE(row.name);
    CHECK(names(help, "\n  " + flag(row.name) + " "));
    CHECK(names(help, variable(row.name)));
    if (row.default_value.empty()) continue;
    CHECK(names(help, variable(row.name) + ", default " +
                          std::string(row.default_value) + "\n"));
  }
  CHECK(help.ends_with('\n'));
}

TEST_CASE("the help lists what else may be asked for") {
  for (const TaskRow& row : task_rows()) {
    CHECK(names(help_text(), "\n  " + std::string(row.flag) + " "));
  }
}

}  // namespace
}  // namespace rivulet::daemon

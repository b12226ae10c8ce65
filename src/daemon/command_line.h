// The flags: `--name value`, `--name=value`, and those without a value.
#pragma once

#include <string>
#include <vector>

#include "daemon/option_table.h"

namespace rivulet::daemon {

struct CommandLine {
  Task task = Task::kServe;
  Sources flags;  // the last of several values, or all as one list
};

// Throws UsageError for what is no flag, lacks its value, or asks for two
// tasks; the values themselves are not looked at.
[[nodiscard]] CommandLine read_command_line(
    const std::vector<std::string>& arguments);

}  // namespace rivulet::daemon

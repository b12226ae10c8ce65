#include "daemon/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "daemon/option_error.h"

namespace rivulet::daemon {
namespace {

const TaskRow* find_task(std::string_view flag) {
  if (flag == "-h") flag = "--help";
  const auto rows = task_rows();
  const auto row =
      std::find_if(rows.begin(), rows.end(),
                   [flag](const TaskRow& r) { return r.flag == flag; });
  return row == rows.end() ? nullptr : &*row;
}

// Who asks for help gets it, whatever else is asked for.
void add_task(const TaskRow& row, Task& task) {
  if (task == Task::kHelp) return;
  if (task != Task::kServe && task != row.task && row.task != Task::kHelp) {
    throw UsageError(
        fmt::format("{} comes after another task: give one", row.flag));
  }
  task = row.task;
}

}  // namespace

CommandLine read_command_line(const std::vector<std::string>& arguments) {
  CommandLine line;
  line.flags.resize(option_rows().size());
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string_view rest = arguments[i];
    if (const TaskRow* task = find_task(rest)) {
      add_task(*task, line.task);
      continue;
    }
    const bool has_value = rest.find('=') != std::string_view::npos;
    const std::string flag(base::take_until(rest, '='));
    const Row* row =
        flag.starts_with("--") ? find_row(flag.substr(2)) : nullptr;
    if (row == nullptr) {
      throw UsageError(fmt::format("unknown option '{}'; see --help",
                                   base::printable(flag)));
    }
    if (!has_value && i + 1 == arguments.size()) {
      throw UsageError(fmt::format("{} needs a value", flag));
    }
    std::string value = has_value ? std::string(rest) : arguments[++i];
    add_source(*row, {std::move(value), flag, Rank::kFlag},
               line.flags[index_of(*row)]);
  }
  return line;
}

}  // namespace rivulet::daemon

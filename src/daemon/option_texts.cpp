#include "daemon/option_texts.h"

#include <fmt/format.h>

#include <iterator>

#include "daemon/option_table.h"

namespace rivulet::daemon {

std::string help_text() {
  std::string text =
      "Usage: rivulet [--OPTION VALUE]...\n"
      "A Server-Sent-Events server: streams out, a curl line in.\n\n"
      "An option is a flag, a variable of the environment or a line of a file\n"
      "('queue-bytes = 1MiB'), in this order; else it has its default.\n\n";
  auto end = std::back_inserter(text);
  for (const Row& row : option_rows()) {
    const std::string flag = fmt::format("--{} {}", row.name, row.value_name);
    fmt::format_to(end, "  {:<26} {}\n", flag, row.help);
    fmt::format_to(end, "  {:<26} {}", "", variable_of(row));
    if (!row.default_value.empty()) {
      fmt::format_to(end, ", default {}", row.default_value);
    }
    text += '\n';
  }
  for (const TaskRow& row : task_rows()) {
    fmt::format_to(end, "  {:<26} {}\n", row.flag, row.help);
  }
  return text;
}

}  // namespace rivulet::daemon

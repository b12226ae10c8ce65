#include "daemon/option_texts.h"

#include <fmt/format.h>

#include <iterator>

#include "base/text.h"
#include "daemon/options.h"
#include "daemon/version.h"

namespace rivulet::daemon {

std::string help_text() {
  std::string text =
      "Usage: rivulet [--OPTION VALUE]...\n"
      "A Server-Sent-Events server: streams out, a curl line in.\n\n"
      "An option is a flag, a variable of the environment or a line of a file\n"
      "('queue-bytes = 1MiB'), in this order; else it has its default. Lists,\n"
      "such as ADDRESSES, stand between commas or are given several times. "
      "SIGHUP\n"
      "has all read again, and changes those that are not fixed at start.\n\n";
  auto end = std::back_inserter(text);
  for (const Row& row : option_rows()) {
    const std::string flag = fmt::format("--{} {}", row.name, row.value_name);
    fmt::format_to(end, "  {:<26} {}\n", flag, row.help);
    fmt::format_to(end, "  {:<26} {}", "", variable_of(row));
    const std::string_view note = reload_note(row);
    if (!note.empty()) fmt::format_to(end, ", {}", note);
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

std::string config_entry(const Row& row, const std::optional<Source>& source) {
  if (!source) return fmt::format("# not set\n# {} =\n", row.name);
  const bool sayable =
      secret_part(row, source->value).empty() && row.trait != Trait::kNotInFile;
  return fmt::format("# from {}\n{}{} = {}\n", base::printable(source->origin),
                     sayable ? "" : "# ", row.name,
                     shown_value(row, source->value));
}

std::string config_text(const Options& options) {
  std::string text =
      fmt::format("# rivulet {}: what each option is.\n", kVersion);
  for (const Row& row : option_rows()) {
    text += '\n';
    text += config_entry(row, options.sources[index_of(row)]);
  }
  return text;
}

std::string default_config_text() {
  std::string text =
      "# Rivulet's options, each with its default or the kind of its value.\n"
      "# Remove the # before a name to set it. What is wrong with a file, "
      "says\n"
      "#   rivulet --check-config --config FILE\n"
      "# A flag or a variable of the environment goes before a line here.\n"
      "# Everybody may read this file: tokens and passwords are not for it.\n";
  for (const Row& row : option_rows()) {
    if (row.trait == Trait::kNotInFile || row.trait == Trait::kSecret) continue;
    const std::string_view value =
        row.default_value.empty() ? row.value_name : row.default_value;
    fmt::format_to(std::back_inserter(text), "\n# {}\n#{} = {}\n", row.help,
                   row.name, value);
  }
  return text;
}

}  // namespace rivulet::daemon

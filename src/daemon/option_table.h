// The one table of what an operator may set.
//
// A row has a name, a kind of value, a default, a setter that knows the limits
// and a line of help; the rest is made from it: the flag (`--queue-bytes
// 1MiB`), the variable (`RIVULET_QUEUE_BYTES`), the line of a file
// (`queue-bytes = 1MiB`), `--help`, `--print-config`, the manual page and the
// table in README.md. Where values come from is daemon/options.h.
//
// In a line of help, what is to be typed as it stands is in 'single quotes'.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "server/settings.h"

namespace rivulet::daemon {

// What to do with the options once they are read.
enum class Task : uint8_t {
  kServe,
  kCheckConfig,
  kPrintConfig,
  kDefaultConfig,
  kHealthCheck,
  kHelp,
  kManual,
  kVersion,
};

// Where a value comes from; the higher goes before the lower.
enum class Rank : uint8_t { kDefault, kFile, kEnvironment, kFlag };

struct Source {
  std::string value;
  // "--port", "RIVULET_PORT", "PORT", "rivulet.conf:7" or "default"; of a list
  // "rivulet.conf:7, rivulet.conf:8".
  std::string origin;
  Rank rank = Rank::kDefault;
};

// By row; nothing where neither the operator nor the table says something.
using Sources = std::vector<std::optional<Source>>;

struct Options {
  Task task = Task::kServe;
  server::Settings settings;
  base::LogLevel log_level = base::LogLevel::kInfo;
  base::LogFormat log_format = base::LogFormat::kLogfmt;
  // What is allowed and yet unwise: for the log, once there is one.
  std::vector<std::string> warnings;
  // The file that was read; empty for none.
  std::string config;
  Sources sources;
};

// What is particular about an option.
enum class Trait : uint8_t {
  kNone,
  kSecret,     // its value is never shown
  kUrl,        // nor the part of its value that is before an '@'
  kNotInFile,  // it is about the file
  kList,       // several between commas, or given several times
};

// What SIGHUP does with a new value (daemon/reload.h).
enum class Reload : uint8_t {
  kTaken,
  kFixed,  // what is made of it at start stays until the end
};

struct Row {
  std::string_view name;
  std::string_view value_name;
  // Empty for none.
  std::string_view default_value;
  // Puts a value in its place; throws OptionError that says what is allowed.
  void (*set)(Options& options, std::string_view value);
  std::string_view help;
  Trait trait = Trait::kNone;
  Reload reload = Reload::kTaken;
};

// A flag without a value.
struct TaskRow {
  std::string_view flag;
  Task task;
  std::string_view help;
};

[[nodiscard]] std::span<const Row> option_rows();
[[nodiscard]] std::span<const TaskRow> task_rows();

// The row of that name; null when there is none.
[[nodiscard]] const Row* find_row(std::string_view name);

// The part of an option's value that is never shown; empty for most.
[[nodiscard]] std::string_view secret_part(const Row& row,
                                           std::string_view value);

// Puts a value of `row` in its place, in that of what is there; of a list,
// after what is there.
void add_source(const Row& row, Source source, std::optional<Source>& place);

// Where the row stands in the table, and so in Sources.
[[nodiscard]] size_t index_of(const Row& row);

// What the texts say of a row that SIGHUP does not change; empty for others.
[[nodiscard]] std::string_view reload_note(const Row& row);

// "RIVULET_QUEUE_BYTES".
[[nodiscard]] std::string variable_of(const Row& row);

}  // namespace rivulet::daemon

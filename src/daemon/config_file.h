// The lines of a configuration file.
//
//   # A comment has a line of its own.
//   queue-bytes = 1MiB
//
// Blanks around a name or a value do not count, and there are no quotes. Which
// names there are, and what their values may be, is for daemon/options to know.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rivulet::daemon {

struct ConfigLine {
  size_t number;  // from 1
  std::string_view name;
  std::string_view value;
};

struct ConfigProblem {
  size_t number;
  std::string reason;
};

struct ConfigFile {
  std::vector<ConfigLine> lines;
  std::vector<ConfigProblem> problems;
};

// Whether several lines may have this name.
using MayRepeat = bool (*)(std::string_view name);

// Reads a whole file; what it answers views `text`.
[[nodiscard]] ConfigFile parse_config(std::string_view text,
                                      MayRepeat may_repeat);

// The text of the file at `path`. Throws OptionError with why it cannot be
// read.
[[nodiscard]] std::string read_config_file(const std::string& path);

// The same while the server runs: of a regular file alone, for a pipe cannot be
// read a second time, and nobody is there who could wait for it.
[[nodiscard]] std::string reread_config_file(const std::string& path);

// Whether a line can hold `value` as it is: UTF-8 without control characters,
// without blanks around it, and without a '#' after a blank, which would be a
// comment elsewhere. Values from other sources are held to the same, so that
// each can be written into a file.
[[nodiscard]] bool fits_in_a_line(std::string_view value);

}  // namespace rivulet::daemon

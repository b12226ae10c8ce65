// Where the values of the options come from, and in what order.
//
// A flag goes before the environment, the environment before the file, the
// file before the default (daemon/option_table.h). `--config FILE` or
// RIVULET_CONFIG names the file. An option that is a list may be a flag, or a
// line, several times: all of them are one list, and that goes before, or
// behind, another one as a whole. PORT, which hosting platforms set, and
// `--port` replace the port of each address in `listen`; but whoever names an
// address names its port too, so a `port` of a lower order than `listen` does
// not count.
//
// What is wrong is told all at once, a line each:
//
//   --heartbeat: '5': expected a duration such as 15s or 2m, from 100ms to 1h
//   /etc/rivulet.conf:7: queue-bytes: '1': must be from 4KiB to 1GiB
//
// A value of the environment that a flag overrules is not looked at; a line of
// the file always is, for a file is read as a whole.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config_file.h"
#include "daemon/option_error.h"
#include "daemon/option_table.h"

namespace rivulet::daemon {

// Looks up an environment variable; nothing when it is not set.
using Environment =
    std::function<std::optional<std::string>(const std::string& name)>;

// The text of a file. Throws OptionError with why it cannot be read.
using FileReader = std::function<std::string(const std::string& path)>;

// Reads `arguments` (without the program's name), the environment and the
// file, which tasks such as `--help` leave unread. Throws UsageError, or
// ConfigError.
[[nodiscard]] Options read_options(
    const std::vector<std::string>& arguments, const Environment& environment,
    const FileReader& read_file = read_config_file);

// The value as it may be shown: a mask for a secret.
[[nodiscard]] std::string shown_value(const Row& row, std::string_view value);

// The line that says why a value is refused.
[[nodiscard]] std::string refusal_text(const Row& row, const Source& source,
                                       std::string_view reason);

}  // namespace rivulet::daemon

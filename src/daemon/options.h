// The one table of what an operator may set, and where the values come from.
//
// A row has a name, a kind, a default, limits and a line of help; from it come
// the flag (`--queue-bytes 1MiB`), the environment variable
// (`RIVULET_QUEUE_BYTES`) and `--help`. A flag goes before the environment,
// the environment before the default. PORT, which hosting platforms set, and
// `--port` replace the port in `listen`.
#pragma once

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "server/settings.h"

namespace rivulet::daemon {

// What the operator asked for that cannot be: the message says which option
// and why.
class OptionError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Options {
  server::Settings settings;
  base::LogLevel log_level = base::LogLevel::kInfo;
  bool help = false;
  bool version = false;
};

// Looks up an environment variable; nothing when it is not set.
using Environment =
    std::function<std::optional<std::string>(const std::string& name)>;

// Reads `arguments` (without the program's name) and the environment, which
// `--help` and `--version` leave unread. Throws OptionError.
[[nodiscard]] Options read_options(const std::vector<std::string>& arguments,
                                   const Environment& environment);

// The text of `--help`.
[[nodiscard]] std::string help_text();

}  // namespace rivulet::daemon

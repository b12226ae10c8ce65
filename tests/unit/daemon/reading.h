// Reads options as the program does, from flags, variables and a file that
// are given as text.
#pragma once

#include <doctest/doctest.h>

#include <cctype>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/option_error.h"
#include "daemon/options.h"

namespace rivulet::daemon {

using Arguments = std::vector<std::string>;
using Variables = std::map<std::string, std::string>;

// There is one file, and it is "conf".
inline Options options(const Arguments& arguments,
                       const Variables& variables = {},
                       const std::string& file = {}) {
  return read_options(
      arguments,
      [&variables](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        if (found == variables.end()) return std::nullopt;
        return found->second;
      },
      [&file](const std::string& path) {
        if (path != "conf") throw OptionError("No such file or directory");
        return file;
      });
}

inline Options options_of_file(const std::string& file,
                               const Variables& variables = {}) {
  return options({"--config", "conf"}, variables, file);
}

// What an operator is told; empty when nothing is refused.
inline std::string refusal(const Arguments& arguments,
                           const Variables& variables = {},
                           const std::string& file = {}) {
  try {
    (void)options(arguments, variables, file);
    return "";
  } catch (const OptionError& error) {
    const std::string message = error.what();
    CHECK_FALSE(message.empty());
    return message;
  }
}

inline std::string refusal_of_file(const std::string& file) {
  return refusal({"--config", "conf"}, {}, file);
}

inline bool names(const std::string& message, const std::string& option) {
  return message.find(option) != std::string::npos;
}

inline std::string flag(std::string_view name) {
  return "--" + std::string(name);
}

inline std::string variable(std::string_view name) {
  std::string result = "RIVULET_";
  for (const char c : name) {
    result += c == '-' ? '_' : static_cast<char>(std::toupper(c));
  }
  return result;
}

}  // namespace rivulet::daemon

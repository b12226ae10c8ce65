#include "daemon/arguments.h"

#include <cstring>
#include <string_view>

#include "base/text.h"
#include "daemon/option_table.h"

namespace rivulet::daemon {

void blot_out_secrets(std::span<char*> arguments) {
  bool value_follows = false;
  for (char* argument : arguments) {
    std::string_view rest = argument;
    const bool is_value = value_follows;
    value_follows = false;
    if (is_value) {
      std::memset(argument, '*', rest.size());
      continue;
    }
    const bool has_value = rest.find('=') != std::string_view::npos;
    const std::string_view flag = base::take_until(rest, '=');
    if (!flag.starts_with("--") || !is_secret(flag.substr(2))) continue;
    value_follows = !has_value;
    if (has_value) std::memset(argument + flag.size() + 1, '*', rest.size());
  }
}

}  // namespace rivulet::daemon

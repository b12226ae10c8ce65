#include "daemon/arguments.h"

#include <cstring>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "daemon/option_table.h"

namespace rivulet::daemon {

namespace {

void blot_out(const Row& row, char* value) {
  const std::string_view secret = secret_part(row, value);
  if (secret.empty()) return;
  std::memset(value + (secret.data() - value), '*', secret.size());
}

}  // namespace

void blot_out_secrets(std::span<char*> arguments) {
  const Row* value_of = nullptr;  // what the next argument is
  for (char* argument : arguments) {
    std::string_view rest = argument;
    if (const Row* row = std::exchange(value_of, nullptr)) {
      blot_out(*row, argument);
      continue;
    }
    const bool has_value = rest.find('=') != std::string_view::npos;
    const std::string_view flag = base::take_until(rest, '=');
    if (!flag.starts_with("--")) continue;
    const Row* row = find_row(flag.substr(2));
    if (row == nullptr) continue;
    if (has_value) {
      blot_out(*row, argument + flag.size() + 1);
    } else {
      value_of = row;
    }
  }
}

}  // namespace rivulet::daemon

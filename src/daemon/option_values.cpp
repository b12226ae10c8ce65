#include "daemon/option_values.h"

#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"
#include "daemon/option_error.h"

namespace rivulet::daemon {

base::Duration duration(std::string_view value, base::Duration least,
                        base::Duration most) {
  const auto parsed = base::parse_duration(value);
  const std::string limits =
      fmt::format("from {} to {}", base::format_duration(least),
                  base::format_duration(most));
  if (!parsed) {
    throw OptionError("expected a duration such as 15s or 2m, " + limits);
  }
  if (*parsed < least || *parsed > most) {
    throw OptionError("must be " + limits);
  }
  return *parsed;
}

size_t byte_size(std::string_view value, size_t least, size_t most) {
  const auto parsed = base::parse_byte_size(value);
  const std::string limits =
      fmt::format("from {} to {}", base::format_byte_size(least),
                  base::format_byte_size(most));
  if (!parsed) {
    throw OptionError("expected a size such as 64KiB or 1MiB, " + limits);
  }
  if (*parsed < least || *parsed > most) {
    throw OptionError("must be " + limits);
  }
  return static_cast<size_t>(*parsed);
}

size_t count(std::string_view value, size_t least) {
  constexpr size_t kMost = 1'000'000'000;
  const auto number = base::parse_decimal(value);
  if (!number || *number < least || *number > kMost) {
    throw OptionError(
        fmt::format("expected a number from {} to {}", least, kMost));
  }
  return static_cast<size_t>(*number);
}

bool is_on(std::string_view value) {
  if (value != "on" && value != "off") throw OptionError("expected on or off");
  return value == "on";
}

}  // namespace rivulet::daemon

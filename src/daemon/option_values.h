// The kinds of values that options have. Each reads one and throws an
// OptionError that says what would be right.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/clock.h"

namespace rivulet::daemon {

// "15s", "2m" and the like (base/units.h), within these limits.
[[nodiscard]] base::Duration duration(std::string_view value,
                                      base::Duration least,
                                      base::Duration most);
// "64KiB" and the like, within these limits.
[[nodiscard]] size_t byte_size(std::string_view value, size_t least,
                               size_t most);
// A number from `least` to a thousand million.
[[nodiscard]] size_t count(std::string_view value, size_t least = 0);
// "on" or "off".
[[nodiscard]] bool is_on(std::string_view value);

}  // namespace rivulet::daemon

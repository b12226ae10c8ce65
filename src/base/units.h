// Byte sizes and durations as an operator writes them: "64KiB", "15s".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace rivulet::base {

// Digits and an optional unit: B (the default), KiB, MiB, GiB. Nothing when
// `text` is something else or too large for 64 bits.
[[nodiscard]] std::optional<uint64_t> parse_byte_size(std::string_view text);

// Digits and a unit: ms, s, m, h. Nothing when `text` is something else or
// longer than 100 years; a number without a unit is refused, for nobody agrees
// on what it means.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);

// Written with the largest unit that divides it: the parsers above read the
// same value back. A duration is not negative.
[[nodiscard]] std::string format_byte_size(uint64_t bytes);
[[nodiscard]] std::string format_duration(Duration duration);

}  // namespace rivulet::base

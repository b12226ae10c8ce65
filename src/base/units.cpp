#include "base/units.h"

#include <fmt/format.h>

#include <array>
#include <cassert>
#include <limits>

#include "base/text.h"

namespace rivulet::base {
namespace {

struct Unit {
  std::string_view name;
  uint64_t factor;
};

// Largest first, so that the first that divides a value is taken.
constexpr std::array<Unit, 4> kByteUnits{{{"GiB", uint64_t{1} << 30},
                                          {"MiB", uint64_t{1} << 20},
                                          {"KiB", uint64_t{1} << 10},
                                          {"B", 1}}};
constexpr std::array<Unit, 4> kTimeUnits{
    {{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr uint64_t kLongestDuration = 100ULL * 365 * 24 * 3'600'000;

std::optional<uint64_t> parse_with_unit(std::string_view text,
                                        const std::array<Unit, 4>& units) {
  const size_t digits = text.find_first_not_of("0123456789");
  if (digits == std::string_view::npos) return std::nullopt;
  const auto number = parse_decimal(text.substr(0, digits));
  if (!number) return std::nullopt;
  for (const Unit& unit : units) {
    if (text.substr(digits) != unit.name) continue;
    if (*number > std::numeric_limits<uint64_t>::max() / unit.factor) break;
    return *number * unit.factor;
  }
  return std::nullopt;
}

std::string format_with_unit(uint64_t value, const std::array<Unit, 4>& units) {
  for (const Unit& unit : units) {
    if (value % unit.factor != 0 || value < unit.factor) continue;
    return fmt::format("{}{}", value / unit.factor, unit.name);
  }
  return fmt::format("0{}", units.back().name);
}

}  // namespace

std::optional<uint64_t> parse_byte_size(std::string_view text) {
  if (const auto bytes = parse_decimal(text)) return bytes;
  return parse_with_unit(text, kByteUnits);
}

std::optional<Duration> parse_duration(std::string_view text) {
  const auto value = parse_with_unit(text, kTimeUnits);
  if (!value || *value > kLongestDuration) return std::nullopt;
  return Duration(static_cast<Duration::rep>(*value));
}

std::string format_byte_size(uint64_t bytes) {
  return format_with_unit(bytes, kByteUnits);
}

std::string format_duration(Duration duration) {
  assert(duration >= Duration(0));
  return format_with_unit(static_cast<uint64_t>(duration.count()), kTimeUnits);
}

}  // namespace rivulet::base

#include "base/log.h"

#include <array>
#include <new>

#include "base/log_line.h"

namespace rivulet::base {
namespace {

constexpr std::array<std::string_view, 4> kLevelNames{"debug", "info",
                                                      "warning", "error"};
constexpr std::array<std::string_view, 2> kFormatNames{"logfmt", "json"};

template <typename Enum, size_t N>
std::optional<Enum> find(const std::array<std::string_view, N>& names,
                         std::string_view name) {
  for (size_t i = 0; i < N; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

std::optional<LogLevel> parse_log_level(std::string_view name) {
  return find<LogLevel>(kLevelNames, name);
}

std::string_view to_string(LogLevel level) {
  return kLevelNames[static_cast<size_t>(level)];
}

std::optional<LogFormat> parse_log_format(std::string_view name) {
  return find<LogFormat>(kFormatNames, name);
}

std::string_view to_string(LogFormat format) {
  return kFormatNames[static_cast<size_t>(format)];
}

void Log::write(LogLevel level, std::string_view message,
                std::initializer_list<LogField> fields) const noexcept {
  if (!enabled(level)) return;
  try {
    const std::string line = format_line(format_, level, message, fields);
    std::fwrite(line.data(), 1, line.size(), out_);
    std::fflush(out_);
  } catch (const std::bad_alloc&) {
  }
}

}  // namespace rivulet::base

#include "base/log.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <new>

namespace rivulet::base {
namespace {

constexpr std::array<std::string_view, 4> kLevelNames{"debug", "info",
                                                      "warning", "error"};

bool needs_quotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte >= 0x7F || c == '"' || c == '=' || c == '\\') {
      return true;
    }
  }
  return false;
}

// The two bytes of U+0080 to U+009F in UTF-8.
bool is_c1(unsigned char first, unsigned char second) {
  return first == 0xC2 && second >= 0x80 && second < 0xA0;
}

// Control characters (C0, DEL, and C1 as UTF-8 writes them) never reach the
// terminal of who reads the log; other text stays readable as it is.
void append_quoted(std::string& line, std::string_view text) {
  line += '"';
  unsigned char previous = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    const bool c1 = is_c1(previous, byte) ||
                    (i + 1 < text.size() &&
                     is_c1(byte, static_cast<unsigned char>(text[i + 1])));
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (byte < 0x20 || byte == 0x7F || c1) {
      fmt::format_to(std::back_inserter(line), "\\x{:02x}", byte);
    } else {
      line += c;
    }
    previous = byte;
  }
  line += '"';
}

void append_text(std::string& line, std::string_view text) {
  if (needs_quotes(text)) {
    append_quoted(line, text);
  } else {
    line += text;
  }
}

std::string format_line(LogLevel level, std::string_view message,
                        std::initializer_list<LogField> fields) {
  std::string line = fmt::format("level={} msg=", to_string(level));
  append_text(line, message);
  for (const LogField& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    if (const auto* number = std::get_if<int64_t>(&field.value)) {
      fmt::format_to(std::back_inserter(line), "{}", *number);
    } else {
      append_text(line, std::get<std::string_view>(field.value));
    }
  }
  line += '\n';
  return line;
}

}  // namespace

std::optional<LogLevel> parse_log_level(std::string_view name) {
  for (size_t i = 0; i < kLevelNames.size(); ++i) {
    if (kLevelNames[i] == name) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

std::string_view to_string(LogLevel level) {
  return kLevelNames[static_cast<size_t>(level)];
}

void Log::write(LogLevel level, std::string_view message,
                std::initializer_list<LogField> fields) const noexcept {
  if (!enabled(level)) return;
  try {
    const std::string line = format_line(level, message, fields);
    std::fwrite(line.data(), 1, line.size(), out_);
    std::fflush(out_);
  } catch (const std::bad_alloc&) {
  }
}

}  // namespace rivulet::base

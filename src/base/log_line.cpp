#include "base/log_line.h"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>
#include <variant>

#include "base/text.h"

namespace rivulet::base {
namespace {

// The first character of a text.
struct Character {
  std::string_view bytes;
  char32_t point = 0;  // as far as that matters: of up to three bytes
  bool valid = false;  // else it is one byte that is no UTF-8
};

char32_t decode(std::string_view bytes) {
  const auto byte = [bytes](size_t i) {
    return static_cast<char32_t>(static_cast<unsigned char>(bytes[i]));
  };
  const auto low = [&byte](size_t i) { return byte(i) & 0x3F; };
  if (bytes.size() == 1) return byte(0);
  if (bytes.size() == 2) return (byte(0) & 0x1F) << 6 | low(1);
  if (bytes.size() == 3) return (byte(0) & 0x0F) << 12 | low(1) << 6 | low(2);
  return 0x10000;
}

Character first_character(std::string_view text) {
  const size_t length = utf8_length(text);
  if (length == 0) return {.bytes = text.substr(0, 1)};
  const std::string_view bytes = text.substr(0, length);
  return {.bytes = bytes, .point = decode(bytes), .valid = true};
}

// Whether a character may act on the screen, or on the program, of who reads
// the log.
bool acts(char32_t point) {
  if (point < 0x20 || (point >= 0x7F && point < 0xA0)) return true;
  constexpr char32_t kArabicLetterMark = 0x61C;
  constexpr char32_t kLeftToRightMark = 0x200E;
  constexpr char32_t kRightToLeftMark = 0x200F;
  if (point == kArabicLetterMark) return true;
  if (point == kLeftToRightMark || point == kRightToLeftMark) return true;
  // Separators of lines and paragraphs, embeddings and overrides; isolates
  // (Unicode's UAX #9 §2).
  return (point >= 0x2028 && point <= 0x202E) ||
         (point >= 0x2066 && point <= 0x2069);
}

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

void escape_for_logfmt(std::string& line, const Character& character) {
  for (const char c : character.bytes) {
    fmt::format_to(std::back_inserter(line), "\\x{:02x}",
                   static_cast<unsigned char>(c));
  }
}

void escape_for_json(std::string& line, const Character& character) {
  if (!character.valid) {
    line += "\uFFFD";
    return;
  }
  fmt::format_to(std::back_inserter(line), "\\u{:04x}",
                 static_cast<uint32_t>(character.point));
}

using Escape = void (*)(std::string& line, const Character& character);

void append_quoted(std::string& line, std::string_view text, Escape escape) {
  line += '"';
  while (!text.empty()) {
    const Character character = first_character(text);
    text.remove_prefix(character.bytes.size());
    if (!character.valid || acts(character.point)) {
      escape(line, character);
      continue;
    }
    if (character.point == '"' || character.point == '\\') line += '\\';
    line += character.bytes;
  }
  line += '"';
}

void append_json(std::string& line, std::string_view text) {
  append_quoted(line, text, escape_for_json);
}

void append_logfmt(std::string& line, std::string_view text) {
  if (needs_quotes(text)) {
    append_quoted(line, text, escape_for_logfmt);
  } else {
    line += text;
  }
}

void append_value(std::string& line, const LogField& field,
                  void (*append_text)(std::string&, std::string_view)) {
  if (const auto* number = std::get_if<int64_t>(&field.value)) {
    fmt::format_to(std::back_inserter(line), "{}", *number);
  } else {
    append_text(line, std::get<std::string_view>(field.value));
  }
}

std::string json_line(LogLevel level, std::string_view message,
                      std::initializer_list<LogField> fields) {
  std::string line = "{\"level\":";
  append_json(line, to_string(level));
  line += ",\"msg\":";
  append_json(line, message);
  for (const LogField& field : fields) {
    line += ',';
    append_json(line, field.key);
    line += ':';
    append_value(line, field, append_json);
  }
  line += "}\n";
  return line;
}

std::string logfmt_line(LogLevel level, std::string_view message,
                        std::initializer_list<LogField> fields) {
  std::string line = "level=";
  append_logfmt(line, to_string(level));
  line += " msg=";
  append_logfmt(line, message);
  for (const LogField& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, field, append_logfmt);
  }
  line += '\n';
  return line;
}

}  // namespace

std::string format_line(LogFormat format, LogLevel level,
                        std::string_view message,
                        std::initializer_list<LogField> fields) {
  return format == LogFormat::kJson ? json_line(level, message, fields)
                                    : logfmt_line(level, message, fields);
}

}  // namespace rivulet::base

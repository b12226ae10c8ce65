// The operator's log: one line an event on a stdio stream, in logfmt or as a
// JSON object.
//
//   level=info msg=stream-end id=ana reason=slow queued=1048712
//   {"level":"info","msg":"stream-end","id":"ana","reason":"slow","queued":1048712}
//
// Values that come from outside are quoted and escaped (base/log_line.h), so
// that no client can forge a line or a field. Below `level` a call costs its
// arguments and one comparison. Never called on the path of a delivery. A line
// has no time of its own: whoever collects stderr stamps it.
//
// A line for which there is no memory is lost, and nothing else, as long as its
// arguments need none: whoever says why it gives something up must be able to
// go on and do so.
#pragma once

#include <concepts>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace rivulet::base {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kLogfmt, kJson };

// "debug", "info", "warning" or "error"; nothing for anything else.
[[nodiscard]] std::optional<LogLevel> parse_log_level(std::string_view name);
[[nodiscard]] std::string_view to_string(LogLevel level);

// "logfmt" or "json"; nothing for anything else.
[[nodiscard]] std::optional<LogFormat> parse_log_format(std::string_view name);
[[nodiscard]] std::string_view to_string(LogFormat format);

// One key and its value. Keys are words of this program, never of a client.
// Views must outlive the call that writes them.
struct LogField {
  LogField(std::string_view field_key, std::string_view text)
      : key(field_key), value(text) {}
  LogField(std::string_view field_key, const std::string& text)
      : key(field_key), value(std::string_view(text)) {}
  LogField(std::string_view field_key, const char* text)
      : key(field_key), value(std::string_view(text)) {}
  LogField(std::string_view field_key, std::integral auto number)
      : key(field_key), value(static_cast<int64_t>(number)) {}

  std::string_view key;
  std::variant<std::string_view, int64_t> value;
};

class Log {
 public:
  // `out` stays the caller's and must outlive the log.
  Log(std::FILE* out, LogLevel level, LogFormat format = LogFormat::kLogfmt)
      : out_(out), level_(level), format_(format) {}

  // From here on. For its owner: those who write have it as const.
  void adjust(LogLevel level, LogFormat format) {
    level_ = level;
    format_ = format;
  }

  [[nodiscard]] bool enabled(LogLevel level) const { return level >= level_; }

  void debug(std::string_view message,
             std::initializer_list<LogField> fields = {}) const {
    write(LogLevel::kDebug, message, fields);
  }
  void info(std::string_view message,
            std::initializer_list<LogField> fields = {}) const {
    write(LogLevel::kInfo, message, fields);
  }
  void warning(std::string_view message,
               std::initializer_list<LogField> fields = {}) const {
    write(LogLevel::kWarning, message, fields);
  }
  void error(std::string_view message,
             std::initializer_list<LogField> fields = {}) const {
    write(LogLevel::kError, message, fields);
  }

 private:
  void write(LogLevel level, std::string_view message,
             std::initializer_list<LogField> fields) const noexcept;

  std::FILE* out_;
  LogLevel level_;
  LogFormat format_;
};

}  // namespace rivulet::base

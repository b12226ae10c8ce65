// Tests base/log.h: one line an event, that nobody outside can forge.
#include "base/log.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <functional>
#include <limits>

#include "../support/out_of_memory.h"
#include "base/text.h"

namespace rivulet::base {
namespace {

using namespace std::string_literals;

// What `use` writes to a log of that level.
std::string logged(LogLevel level, const std::function<void(const Log&)>& use,
                   LogFormat format = LogFormat::kLogfmt) {
  char* text = nullptr;
  size_t size = 0;
  std::FILE* out = open_memstream(&text, &size);
  REQUIRE(out != nullptr);
  use(Log(out, level, format));
  std::fclose(out);
  std::string result(text, size);
  std::free(text);
  return result;
}

std::string line_with(std::string_view value,
                      LogFormat format = LogFormat::kLogfmt) {
  const auto use = [value](const Log& log) {
    log.info("event", {{"key", value}});
  };
  return logged(LogLevel::kInfo, use, format);
}

// The value as it stands in a line of JSON, with its quotes.
std::string json_of(std::string_view value) {
  constexpr std::string_view kFront =
      "{\"level\":\"info\",\"msg\":\"event\",\"key\":";
  const std::string line = line_with(value, LogFormat::kJson);
  REQUIRE(line.starts_with(kFront));
  REQUIRE(line.ends_with("}\n"));
  return line.substr(kFront.size(), line.size() - kFront.size() - 2);
}

// Whether a line may be shown and taken apart: text, and one line end.
void check_line(std::string_view line) {
  CAPTURE(line);
  REQUIRE(line.ends_with('\n'));
  line.remove_suffix(1);
  CHECK_FALSE(has_control_characters(line));
  CHECK(is_valid_utf8(line));
}

constexpr std::array kLevels{LogLevel::kDebug, LogLevel::kInfo,
                             LogLevel::kWarning, LogLevel::kError};

TEST_CASE("an event is one line of level, message and fields") {
  CHECK(logged(LogLevel::kInfo, [](const Log& log) {
          log.info("stream-end", {{"id", "ana"}, {"queued", 1048712}});
        }) == "level=info msg=stream-end id=ana queued=1048712\n");
  CHECK(logged(LogLevel::kInfo, [](const Log& log) { log.error("stopped"); }) ==
        "level=error msg=stopped\n");
}

TEST_CASE("a log writes its level and those above") {
  for (const LogLevel level : kLevels) {
    std::string expected;
    for (const LogLevel other : kLevels) {
      if (other < level) continue;
      expected += "level=" + std::string(to_string(other)) + " msg=m\n";
    }
    CHECK(logged(level, [](const Log& log) {
            log.debug("m");
            log.info("m");
            log.warning("m");
            log.error("m");
          }) == expected);
    for (const LogLevel other : kLevels) {
      CHECK(Log(stderr, level).enabled(other) == (other >= level));
    }
  }
}

TEST_CASE("whoever owns a log may change it") {
  CHECK(logged(LogLevel::kError,
               [](const Log& log) {
                 Log mine = log;
                 mine.info("unheard");
                 mine.adjust(LogLevel::kInfo, LogFormat::kJson);
                 mine.info("heard");
                 mine.adjust(LogLevel::kWarning, LogFormat::kLogfmt);
                 mine.info("unheard");
                 mine.warning("heard");
               }) ==
        "{\"level\":\"info\",\"msg\":\"heard\"}\n"
        "level=warning msg=heard\n");
}

TEST_CASE("a level is known by its name and by nothing else") {
  for (const LogLevel level : kLevels) {
    CHECK(parse_log_level(to_string(level)) == level);
  }
  CHECK(to_string(LogLevel::kWarning) == "warning");
  for (const std::string name :
       {"", "Info", "INFO", "warn", "info ", "trace", "0"}) {
    CAPTURE(name);
    CHECK(parse_log_level(name) == std::nullopt);
  }
}

TEST_CASE("numbers of every width and sign are written in full") {
  CHECK(logged(LogLevel::kInfo, [](const Log& log) {
          log.info("n", {{"a", std::numeric_limits<int64_t>::min()},
                         {"b", uint8_t{255}},
                         {"c", size_t{0}},
                         {"d", -1}});
        }) == "level=info msg=n a=-9223372036854775808 b=255 c=0 d=-1\n");
}

TEST_CASE("plain words stand bare and everything else in quotes") {
  CHECK(line_with("127.0.0.1:3000") ==
        "level=info msg=event key=127.0.0.1:3000\n");
  CHECK(line_with("") == "level=info msg=event key=\"\"\n");
  CHECK(line_with("two words") == "level=info msg=event key=\"two words\"\n");
  CHECK(line_with("a=b") == "level=info msg=event key=\"a=b\"\n");
  CHECK(line_with("a\"b\\c") == "level=info msg=event key=\"a\\\"b\\\\c\"\n");
  CHECK(line_with("olá") == "level=info msg=event key=\"olá\"\n");
}

TEST_CASE("a message is quoted as values are") {
  CHECK(logged(LogLevel::kInfo, [](const Log& log) {
          log.info("two words\n");
        }) == "level=info msg=\"two words\\x0a\"\n");
}

TEST_CASE("no value can forge a line, a field or a terminal sequence") {
  CHECK(line_with("x\nlevel=error msg=forged") ==
        "level=info msg=event key=\"x\\x0alevel=error msg=forged\"\n");
  CHECK(line_with("\" id=\"eve") ==
        "level=info msg=event key=\"\\\" id=\\\"eve\"\n");
  for (unsigned byte = 0; byte < 0x20; ++byte) {
    const std::string line = line_with(std::string(1, static_cast<char>(byte)));
    REQUIRE(line.back() == '\n');
    CHECK_FALSE(has_control_characters(line.substr(0, line.size() - 1)));
  }
  CHECK(line_with("\x1B[2J") == "level=info msg=event key=\"\\x1b[2J\"\n");
  CHECK(line_with("\x7F") == "level=info msg=event key=\"\\x7f\"\n");
  CHECK(line_with("\0"s) == "level=info msg=event key=\"\\x00\"\n");
}

TEST_CASE("C1 controls are escaped and the line stays valid UTF-8") {
  for (const std::string_view value :
       {"\u0080", "\u0085", "\u009b2J", "a\u009fb"}) {
    std::string line = line_with(value);
    line.pop_back();
    CAPTURE(line);
    CHECK_FALSE(has_control_characters(line));
    CHECK(is_valid_utf8(line));
  }
}

TEST_CASE("letters whose bytes look like C1 stay readable") {
  CHECK(line_with("€\u00A0à") == "level=info msg=event key=\"€\u00A0à\"\n");
}

TEST_CASE(
    "bytes that are no UTF-8 are escaped, and what is beside them stays") {
  CHECK(line_with("a\xFF"
                  "b") == "level=info msg=event key=\"a\\xffb\"\n");
  CHECK(line_with("\xC2") == "level=info msg=event key=\"\\xc2\"\n");
  CHECK(line_with("é\xC3") == "level=info msg=event key=\"é\\xc3\"\n");
  CHECK(line_with("\xC0\x8A") == "level=info msg=event key=\"\\xc0\\x8a\"\n");
  CHECK(line_with("\xED\xA0\x80") ==
        "level=info msg=event key=\"\\xed\\xa0\\x80\"\n");
  CHECK(line_with("🦀\xF0\x9F") ==
        "level=info msg=event key=\"🦀\\xf0\\x9f\"\n");
}

TEST_CASE("what reorders or breaks a line on a screen is escaped") {
  for (const std::string_view value :
       {"\u2028", "\u2029", "\u202e", "a\u2066b", "\u200f", "\u061c"}) {
    CAPTURE(value);
    CHECK(line_with(value).find(value) == std::string::npos);
    CHECK(json_of(value).find(value) == std::string::npos);
  }
  CHECK(line_with("\u2028") ==
        "level=info msg=event key=\"\\xe2\\x80\\xa8\"\n");
  CHECK(json_of("\u2028") == "\"\\u2028\"");
}

TEST_CASE("as JSON an event is one object in one line") {
  const auto use = [](const Log& log) {
    log.warning("stream-end", {{"id", "ana"}, {"queued", -1048712}, {"n", 0}});
  };
  CHECK(logged(LogLevel::kInfo, use, LogFormat::kJson) ==
        "{\"level\":\"warning\",\"msg\":\"stream-end\",\"id\":\"ana\","
        "\"queued\":-1048712,\"n\":0}\n");
  const auto bare = [](const Log& log) { log.error("stopped"); };
  CHECK(logged(LogLevel::kInfo, bare, LogFormat::kJson) ==
        "{\"level\":\"error\",\"msg\":\"stopped\"}\n");
  CHECK(logged(
            LogLevel::kError, [](const Log& log) { log.info("m"); },
            LogFormat::kJson) == "");
}

TEST_CASE("no value can forge a line or a key of JSON") {
  CHECK(json_of("") == "\"\"");
  CHECK(json_of("olá 🦀") == "\"olá 🦀\"");
  CHECK(json_of("x\",\"level\":\"error") ==
        "\"x\\\",\\\"level\\\":\\\"error\"");
  CHECK(json_of("x\\") == "\"x\\\\\"");
  CHECK(json_of("a\n{}") == "\"a\\u000a{}\"");
  CHECK(json_of("\0"s) == "\"\\u0000\"");
  CHECK(json_of("\x7F\u0085") == "\"\\u007f\\u0085\"");
  CHECK(json_of("a\xFF\xC2") == "\"a\uFFFD\uFFFD\"");
}

TEST_CASE("whatever bytes a value has, a line is text with one line end") {
  for (const LogFormat format : {LogFormat::kLogfmt, LogFormat::kJson}) {
    for (unsigned high = 0; high < 0x100; ++high) {
      for (const unsigned low : {0x0AU, 0x22U, 0x5CU, 0x80U, 0x9FU, 0xFFU}) {
        const std::string value{static_cast<char>(high),
                                static_cast<char>(low)};
        check_line(line_with(value, format));
      }
    }
  }
}

TEST_CASE("formats have names") {
  for (const LogFormat format : {LogFormat::kLogfmt, LogFormat::kJson}) {
    CHECK(parse_log_format(to_string(format)) == format);
  }
  for (const std::string_view name : {"", "JSON", "text", "json "}) {
    CHECK(parse_log_format(name) == std::nullopt);
  }
}

TEST_CASE("a line for which there is no memory is lost, and nothing else") {
  const std::string value(100, ' ');
  test::at_each_allocation([&](test::Fault& fault) {
    const std::string text = logged(LogLevel::kInfo, [&](const Log& log) {
      fault.during([&] { log.info("event", {{"key", value}}); });
      log.info("next");
    });
    const std::string lost = fault.struck ? "" : line_with(value);
    CHECK(text == lost + "level=info msg=next\n");
  });
}

}  // namespace
}  // namespace rivulet::base

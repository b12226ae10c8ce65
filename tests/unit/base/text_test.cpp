// Tests base/text.h: UTF-8, percent-encoding, JSON strings, ASCII case.
#include "base/text.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <limits>
#include <string>

namespace rivulet::base {
namespace {

using namespace std::string_literals;

// Writes a code point in `size` bytes, shortest form or not.
std::string utf8_in(uint32_t code, int size) {
  if (size == 1) return std::string(1, static_cast<char>(code));
  std::string bytes;
  for (int i = 1; i < size; ++i) {
    bytes.insert(bytes.begin(), static_cast<char>(0x80 | (code & 0x3F)));
    code >>= 6;
  }
  const uint32_t mark = 0xFFU << (8 - size);
  bytes.insert(bytes.begin(), static_cast<char>((mark | code) & 0xFF));
  return bytes;
}

int utf8_size(uint32_t code) {
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}

std::string utf8(uint32_t code) {
  return utf8_in(code, utf8_size(code));
}

bool is_surrogate(uint32_t code) {
  return code >= 0xD800 && code <= 0xDFFF;
}

TEST_CASE("every code point but the surrogates is valid UTF-8") {
  for (uint32_t code = 0; code <= 0x10FFFF; ++code) {
    if (is_valid_utf8(utf8(code)) != is_surrogate(code)) continue;
    FAIL_CHECK("U+" << code);
  }
}

TEST_CASE("nothing past U+10FFFF is valid UTF-8") {
  for (uint32_t code = 0x110000; code < 0x200000; code += 0xFFF) {
    CHECK_FALSE(is_valid_utf8(utf8_in(code, 4)));
  }
  CHECK_FALSE(is_valid_utf8(utf8_in(0x110000, 4)));
  CHECK_FALSE(is_valid_utf8("\xF8\x88\x80\x80\x80"));
  CHECK_FALSE(is_valid_utf8("\xFE"));
  CHECK_FALSE(is_valid_utf8("\xFF"));
}

TEST_CASE("overlong forms are not valid UTF-8") {
  for (int size = 2; size <= 4; ++size) {
    for (uint32_t code = 0; code < 0x10000; ++code) {
      if (utf8_size(code) >= size) break;
      if (is_valid_utf8(utf8_in(code, size))) FAIL_CHECK(code << " " << size);
    }
  }
}

TEST_CASE("a sequence cut short, or interrupted, is not valid UTF-8") {
  for (const uint32_t code : {0x80U, 0x7FFU, 0x800U, 0xFFFFU, 0x10000U}) {
    const std::string whole = utf8(code);
    for (size_t size = 1; size < whole.size(); ++size) {
      CAPTURE(code);
      CHECK_FALSE(is_valid_utf8(whole.substr(0, size)));
      CHECK_FALSE(is_valid_utf8(whole.substr(0, size) + "a"));
      CHECK_FALSE(is_valid_utf8("a" + whole.substr(0, size) + whole));
    }
  }
}

TEST_CASE("two bytes are valid UTF-8 exactly when the standard says so") {
  for (unsigned first = 0; first < 256; ++first) {
    for (unsigned second = 0; second < 256; ++second) {
      const std::string pair{static_cast<char>(first),
                             static_cast<char>(second)};
      const bool ascii = first < 0x80 && second < 0x80;
      const bool two =
          first >= 0xC2 && first <= 0xDF && second >= 0x80 && second <= 0xBF;
      if (is_valid_utf8(pair) == (ascii || two)) continue;
      FAIL_CHECK(first << " " << second);
    }
  }
}

TEST_CASE("text in several scripts is valid UTF-8, and so is none and NUL") {
  CHECK(is_valid_utf8(""));
  CHECK(is_valid_utf8("\0"s));
  CHECK(is_valid_utf8("saudação Привет 你好 🦀"));
}

TEST_CASE("control characters are C0, DEL and C1, and nothing else") {
  for (uint32_t code = 0; code < 0x3000; ++code) {
    const bool control = code < 0x20 || (code >= 0x7F && code <= 0x9F);
    if (has_control_characters("a" + utf8(code) + "b") == control) continue;
    FAIL_CHECK("U+" << code);
  }
  CHECK_FALSE(has_control_characters(""));
  CHECK(has_control_characters("\0"s));
  // Bytes from 80 to 9F are no controls when they end another sequence.
  CHECK_FALSE(has_control_characters("€\u2028Ā"));
}

TEST_CASE("every byte is decoded from both cases of its digits") {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const std::string wanted{static_cast<char>(byte)};
    CHECK(percent_decode(fmt::format("%{:02x}", byte)) == wanted);
    CHECK(percent_decode(fmt::format("%{:02X}", byte)) == wanted);
  }
}

TEST_CASE("what is not encoded stays, a plus too") {
  CHECK(percent_decode("") == "");
  CHECK(percent_decode("a+b c") == "a+b c");
  CHECK(percent_decode("%41%42c%44") == "ABcD");
  CHECK(percent_decode("%2541") == "%41");  // decoded once
  CHECK(percent_decode("%00x") == "\0x"s);
}

TEST_CASE("a percent sign without two digits is refused") {
  for (const std::string text :
       {"%", "a%", "%4", "a%4", "%%", "%4%", "%g1", "%1g", "%-1", "%+1", "% 1",
        "%1 ", "%0x", "%41%", "%/0"}) {
    CAPTURE(text);
    CHECK(percent_decode(text) == std::nullopt);
  }
}

std::string json(std::string_view text) {
  std::string out = "=";
  append_json_string(out, text);
  return out;
}

TEST_CASE("a JSON string escapes quotes, backslashes and C0") {
  CHECK(json("") == R"(="")");
  CHECK(json("ana") == R"(="ana")");
  CHECK(json(R"(a"b\c)") == R"(="a\"b\\c")");
  CHECK(json("\0"s) == R"(="\u0000")");
  CHECK(json("\n\r\t\x1F") == R"(="\u000a\u000d\u0009\u001f")");
  CHECK(json("é🦀\x7F") == "=\"é🦀\x7F\"");
}

TEST_CASE("case is ignored for ASCII letters only") {
  CHECK(equals_ignoring_case("", ""));
  CHECK(equals_ignoring_case("Content-LENGTH", "content-length"));
  CHECK_FALSE(equals_ignoring_case("host", "hos"));
  CHECK_FALSE(equals_ignoring_case("hos", "host"));
  CHECK_FALSE(equals_ignoring_case("[", "{"));
  CHECK_FALSE(equals_ignoring_case("@", "`"));
  CHECK_FALSE(equals_ignoring_case("É", "é"));
}

TEST_CASE("trimming takes spaces and tabs from both ends") {
  CHECK(trim("") == "");
  CHECK(trim(" \t ") == "");
  CHECK(trim("a") == "a");
  CHECK(trim("\t a b\t ") == "a b");
  CHECK(trim("\na\r") == "\na\r");
}

TEST_CASE("taking until a separator leaves what comes after it") {
  std::string_view rest = "a//b/";
  CHECK(take_until(rest, '/') == "a");
  CHECK(rest == "/b/");
  CHECK(take_until(rest, '/') == "");
  CHECK(take_until(rest, '/') == "b");
  CHECK(rest == "");
  CHECK(take_until(rest, '/') == "");
  CHECK(rest == "");
  rest = "abc";
  CHECK(take_until(rest, '/') == "abc");
  CHECK(rest == "");
}

TEST_CASE("hexadecimal digits have a value and other bytes have none") {
  const std::string lower = "0123456789abcdef";
  const std::string upper = "0123456789ABCDEF";
  for (int byte = -128; byte < 128; ++byte) {
    const auto c = static_cast<char>(byte);
    size_t value = lower.find(c);
    if (value == std::string::npos) value = upper.find(c);
    CHECK(hex_digit(c) ==
          (value == std::string::npos ? -1 : static_cast<int>(value)));
  }
}

TEST_CASE("decimal numbers are digits that fit in 64 bits") {
  CHECK(parse_decimal("0") == 0);
  CHECK(parse_decimal("007") == 7);
  CHECK(parse_decimal("18446744073709551615") ==
        std::numeric_limits<uint64_t>::max());
  for (const std::string text :
       {"", " 1", "1 ", "+1", "-1", "-0", "1.0", "0x1", "1e3", "a",
        "18446744073709551616", "99999999999999999999999"}) {
    CAPTURE(text);
    CHECK(parse_decimal(text) == std::nullopt);
  }
  CHECK(parse_decimal("1\0"s) == std::nullopt);
  CHECK(parse_decimal(std::string_view()) == std::nullopt);
}

TEST_CASE("text that a terminal would obey is shown as what it is") {
  for (const std::string text : {"", "a b", "ol\xc3\xa1", "\\x1b", "'\""}) {
    CHECK(printable(text) == text);
  }
  CHECK(printable("\x1b[2Ja") == "\\x1b[2Ja");
  CHECK(printable("a\n\x7f") == "a\\x0a\\x7f");
  CHECK(printable("\xc2\x80") == "\\xc2\\x80");
  CHECK(printable("\xff") == "\\xff");
}

}  // namespace
}  // namespace rivulet::base

// Text as the protocols of this program need it: UTF-8, percent-encoding,
// JSON strings, ASCII case. Pure functions over bytes; nothing is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rivulet::base {

// True when `text` is well-formed UTF-8 (Unicode 15, table 3-7): no overlong
// forms, no surrogates, nothing past U+10FFFF.
[[nodiscard]] bool is_valid_utf8(std::string_view text);

// How many bytes the character has that `text`, which is not empty, starts
// with; 0 when it is not well-formed UTF-8.
[[nodiscard]] size_t utf8_length(std::string_view text);

// True when `text`, which is valid UTF-8, holds a control character: C0, DEL
// or C1 (Unicode's category Cc).
[[nodiscard]] bool has_control_characters(std::string_view text);

// Replaces each %XX by its byte (RFC 3986 §2.1). A '+' stays a '+'. Nothing
// when a '%' is not followed by two hexadecimal digits.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

// Appends `text` as a JSON string with its quotes (RFC 8259 §7): escapes what
// must be, and no more. `text` must be valid UTF-8.
void append_json_string(std::string& out, std::string_view text);

// `text` for a terminal: as it is when it is UTF-8 without control characters,
// and otherwise with \xNN for each byte that is not printable ASCII.
[[nodiscard]] std::string printable(std::string_view text);

// ASCII only: as HTTP compares field names (RFC 9110 §5.1), schemes and
// connection options.
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);

// `text` without the spaces and tabs around it.
[[nodiscard]] std::string_view trim(std::string_view text);

// Takes the part before the first `separator` off the front of `rest`, the
// separator too; all of it when there is none.
std::string_view take_until(std::string_view& rest, char separator);

// 0 to 15, or -1 when `c` is not a hexadecimal digit.
[[nodiscard]] int hex_digit(char c);

// Decimal digits only: no sign, no space, at least one digit. Nothing when it
// is anything else or does not fit.
[[nodiscard]] std::optional<uint64_t> parse_decimal(std::string_view text);

}  // namespace rivulet::base

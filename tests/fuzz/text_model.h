// Text as src/base/text.h reads it, written again in the slow and obvious way
// and sharing nothing with it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rivulet::fuzz {

// The code points of well-formed UTF-8; nothing for anything else.
std::optional<std::vector<uint32_t>> model_decode_utf8(std::string_view text);

// The text with U+FFFD for each byte that is in no well-formed character.
std::string model_replace_bad_utf8(std::string_view text);

// %XX by its byte; nothing when a '%' stands before something else.
std::optional<std::string> model_percent_decode(std::string_view text);

// The value of one JSON string with its quotes; nothing when it is none.
std::optional<std::string> model_read_json_string(std::string_view text);

// Digits only; nothing for anything else or past 64 bits.
std::optional<uint64_t> model_decimal(std::string_view text);

// IPv6address of RFC 3986 §3.2.2.
bool model_is_ipv6(std::string_view text);

std::string model_lower(std::string_view text);
std::string model_trim(std::string_view text);

// Parts between separators: one more than there are separators.
std::vector<std::string> model_split(std::string_view text, char separator);

}  // namespace rivulet::fuzz

#include "text_model.h"

#include <algorithm>
#include <cctype>

namespace rivulet::fuzz {
namespace {

// How many bits, from the highest down, are set.
unsigned leading_ones(unsigned byte) {
  unsigned count = 0;
  while (count < 8 && (byte & (0x80U >> count)) != 0) ++count;
  return count;
}

bool is_code_point(uint32_t value, size_t bytes) {
  const bool overlong = (bytes == 2 && value < 0x80) ||
                        (bytes == 3 && value < 0x800) ||
                        (bytes == 4 && value < 0x10000);
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  return !overlong && !surrogate && value <= 0x10FFFF;
}

int hex_value(char c) {
  const std::string digits = "0123456789abcdef";
  const size_t at = digits.find(model_lower({&c, 1}));
  return at == std::string::npos ? -1 : static_cast<int>(at);
}

void append_utf8(std::string& out, uint32_t value) {
  if (value < 0x80) {
    out += static_cast<char>(value);
  } else if (value < 0x800) {
    out += static_cast<char>(0xC0 | value >> 6);
    out += static_cast<char>(0x80 | (value & 0x3F));
  } else {  // \uXXXX is all that is read here
    out += static_cast<char>(0xE0 | value >> 12);
    out += static_cast<char>(0x80 | (value >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (value & 0x3F));
  }
}

bool is_ipv4(const std::string& text) {
  const auto parts = model_split(text, '.');
  for (const std::string& part : parts) {
    const auto number = model_decimal(part);
    const bool padded = part.size() > 1 && part[0] == '0';
    if (!number || *number > 255 || padded) return false;
  }
  return parts.size() == 4;
}

// How many groups of 16 bits `text` names, of which there may be none; nothing
// when it is not groups between colons. The last may be an IPv4 address.
std::optional<size_t> count_groups(std::string_view text, bool may_be_ipv4) {
  if (text.empty()) return 0;
  const auto parts = model_split(text, ':');
  size_t count = parts.size();
  for (const std::string& part : parts) {
    if (may_be_ipv4 && &part == &parts.back() && is_ipv4(part)) {
      ++count;
      continue;
    }
    if (part.empty() || part.size() > 4) return std::nullopt;
    for (const char c : part) {
      if (hex_value(c) < 0) return std::nullopt;
    }
  }
  return count;
}

}  // namespace

std::optional<std::vector<uint32_t>> model_decode_utf8(std::string_view text) {
  std::vector<uint32_t> points;
  for (size_t i = 0; i < text.size();) {
    const unsigned lead = static_cast<unsigned char>(text[i++]);
    const unsigned ones = leading_ones(lead);
    if (ones == 0) {
      points.push_back(lead);
      continue;
    }
    if (ones == 1 || ones > 4) return std::nullopt;
    uint32_t value = lead & (0x7FU >> ones);
    for (unsigned n = 1; n < ones; ++n, ++i) {
      if (i >= text.size()) return std::nullopt;
      const unsigned next = static_cast<unsigned char>(text[i]);
      if (leading_ones(next) != 1) return std::nullopt;
      value = value << 6 | (next & 0x3F);
    }
    if (!is_code_point(value, ones)) return std::nullopt;
    points.push_back(value);
  }
  return points;
}

std::string model_replace_bad_utf8(std::string_view text) {
  std::string replaced;
  while (!text.empty()) {
    size_t good = 0;
    for (size_t n = 1; n <= 4 && n <= text.size() && good == 0; ++n) {
      if (model_decode_utf8(text.substr(0, n))) good = n;
    }
    replaced += good > 0 ? text.substr(0, good) : "\uFFFD";
    text.remove_prefix(std::max<size_t>(good, 1));
  }
  return replaced;
}

std::optional<std::string> model_percent_decode(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return decoded;
}

std::optional<std::string> model_read_json_string(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') {
    return std::nullopt;
  }
  text = text.substr(1, text.size() - 2);
  std::string value;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == '"') return std::nullopt;
    if (byte != '\\') {
      value += text[i];
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    if (text[i] == '"' || text[i] == '\\') {
      value += text[i];
      continue;
    }
    if (text[i] != 'u' || i + 4 >= text.size()) return std::nullopt;
    uint32_t point = 0;
    for (size_t n = 1; n <= 4; ++n) {
      const int digit = hex_value(text[i + n]);
      if (digit < 0) return std::nullopt;
      point = point * 16 + static_cast<uint32_t>(digit);
    }
    append_utf8(value, point);
    i += 4;
  }
  return value;
}

std::optional<uint64_t> model_decimal(std::string_view text) {
  if (text.empty()) return std::nullopt;
  uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<uint64_t>(c - '0');
    if (__builtin_mul_overflow(value, uint64_t{10}, &value) ||
        __builtin_add_overflow(value, digit, &value)) {
      return std::nullopt;
    }
  }
  return value;
}

bool model_is_ipv6(std::string_view text) {
  constexpr size_t kGroups = 8;
  const size_t gap = text.find("::");
  if (gap == std::string_view::npos) return count_groups(text, true) == kGroups;
  const auto front = count_groups(text.substr(0, gap), false);
  const auto back = count_groups(text.substr(gap + 2), true);
  return front && back && *front + *back < kGroups;
}

std::string model_lower(std::string_view text) {
  std::string lower;
  for (const char c : text) {
    lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }
  return lower;
}

std::string model_trim(std::string_view text) {
  std::string trimmed(text);
  while (trimmed.starts_with(' ') || trimmed.starts_with('\t')) {
    trimmed.erase(0, 1);
  }
  while (trimmed.ends_with(' ') || trimmed.ends_with('\t')) trimmed.pop_back();
  return trimmed;
}

std::vector<std::string> model_split(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

}  // namespace rivulet::fuzz

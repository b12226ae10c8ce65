// What a fuzz target calls when a property does not hold: it says which, shows
// the bytes in question and aborts, so that libFuzzer keeps the input.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace rivulet::fuzz {

// Printable text of any bytes, one line of it for each line.
inline std::string shown(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      text += "\\n\n    ";
    } else if (byte >= ' ' && byte < 0x7F && c != '\\') {
      text += c;
    } else {
      text += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return text;
}

inline void require(bool holds, const char* what,
                    std::string_view detail = {}) {
  if (holds) return;
  std::fprintf(stderr, "PROPERTY VIOLATED: %s\n    %s\n", what,
               shown(detail).c_str());
  std::abort();
}

inline void require_same(const char* what, std::string_view a,
                         std::string_view b) {
  if (a == b) return;
  std::fprintf(stderr,
               "PROPERTY VIOLATED: %s\n  one:\n    %s\n  other:\n    %s\n",
               what, shown(a).c_str(), shown(b).c_str());
  std::abort();
}

}  // namespace rivulet::fuzz

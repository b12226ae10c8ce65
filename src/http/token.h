// The characters of a token (RFC 9110 §5.6.2): methods, field names, the names
// of chunk extensions and of parameters.
#pragma once

#include <array>
#include <string_view>

namespace rivulet::http {

[[nodiscard]] constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (const char c :
       std::string_view("0123456789abcdefghijklmnopqrstuvwxyz"
                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%&'*+-.^_`|~")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}

inline constexpr std::array<bool, 256> kTokenCharacter = make_token_table();

[[nodiscard]] constexpr bool is_token_character(unsigned char byte) {
  return kTokenCharacter[byte];
}

}  // namespace rivulet::http

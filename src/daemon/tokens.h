// The tokens of publishers as the operator writes them: one by itself, or a
// file with one a line; and, in such a file, the keys of subscribers' tokens.
// Checked here, so that a typing error or an empty variable at start does not
// end as a server that anybody may publish on or listen to.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rivulet::daemon {

struct TokenKind {
  std::string_view name;
  size_t least;  // of characters
};
// 16 random characters are beyond guessing over a network; fewer may be a word.
inline constexpr TokenKind kPublishToken{"token", 16};
// What signs with HS256 has 256 bits or more (RFC 7518 §3.2).
inline constexpr TokenKind kSubscribeKey{"key", 32};

// Throws OptionError unless `token` can be one: so many to 512 characters of
// visible ASCII, which pass through an HTTP field unchanged. The message says
// what is wrong and never holds the token.
void check_token(std::string_view token, const TokenKind& kind = kPublishToken);

struct TokenFile {
  std::vector<std::string> tokens;
  // Whether every user of the machine may read it.
  bool open_to_all = false;
};

// One token a line; blanks around it, empty lines and lines that start with '#'
// do not count. Throws OptionError with the number of the line, or when there
// is no token at all.
[[nodiscard]] TokenFile read_token_file(const std::string& path,
                                        const TokenKind& kind = kPublishToken);

}  // namespace rivulet::daemon

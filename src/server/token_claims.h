// What a JSON Web Token says (RFC 7519), once a key has shown that it is ours.
// The only file that knows libjwt; a build without it (make WITH_JWT=0) reads
// no token.
//
// A token does not choose how it is checked: it is signed with HS256 (RFC 7518
// §3.2), and its header is asked whether it is before any key is taken out.
// What libjwt takes too lightly never comes to it: a token is three parts of
// base64url without padding (RFC 7515 §7.1), where its decoder passes over what
// is not base64, and no longer than some KiB, for it copies them to the stack.
//
// How long libjwt compares signatures does not tell how much of one was right:
// so it is in Debian's since 1.10.2-1+deb12u1 (CVE-2024-25189).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace rivulet::server {

// Twice what a browser keeps as a cookie.
inline constexpr size_t kMaxTokenBytes = size_t{8} * 1024;

struct TokenClaims {
  std::string subject;  // empty for none
  std::vector<std::string> topics;
  std::optional<std::vector<std::string>> audience;
  // The first second in which it is not good any more, and in which it is.
  std::optional<base::WallSeconds> expires;
  std::optional<base::WallSeconds> not_before;
};

// Whether this build can read tokens.
[[nodiscard]] bool can_read_tokens();

// The claims of `token`, whenever it is good; nothing unless one of `keys` has
// signed it and its claims are of the kinds that the RFC says. Throws
// std::bad_alloc.
[[nodiscard]] std::optional<TokenClaims> read_token(
    std::string_view token, const std::vector<std::string>& keys);

}  // namespace rivulet::server

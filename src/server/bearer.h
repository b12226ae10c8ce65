// Tokens in `Authorization: Bearer TOKEN`, and how one that will not do is
// refused (RFC 6750).
#pragma once

#include <optional>
#include <string_view>

#include "http/request.h"
#include "http/response.h"

namespace rivulet::server {

struct BearerField {
  // Two fields leave it open which token is meant.
  bool ambiguous = false;
  // Nothing without the field or with another scheme; may be empty.
  std::optional<std::string_view> token;
};

// What the field `Authorization` of `request` says, which owns the token.
[[nodiscard]] BearerField bearer_field(const http::Request& request);

// An answer with the challenge `WWW-Authenticate: Bearer` (§3), which names
// `error` (§3.1), and `reason` as its one line of text. Whoever has shown
// nothing is told no error: it is empty then.
[[nodiscard]] http::Response bearer_refusal(http::Status status,
                                            std::string_view error,
                                            std::string_view reason);

}  // namespace rivulet::server

// Who may open a stream: with keys (option subscribe-key-file), whoever shows a
// JSON Web Token that one of them has signed (token_claims.h); with none,
// everybody.
//
//   exp     has to be there: the stream ends then (expiries.h)
//   nbf     it is good from then on, or a little earlier
//   sub     the id of the client: /stream/:id is for its bearer alone. Without,
//           and with one too, it opens the anonymous /stream
//   topics  which it may ask for, "*" being all; without, none
//   aud     when it is there, "rivulet" is among it (RFC 7519 §4.1.3)
//
// It is shown in `Authorization: Bearer`; for EventSource, which cannot, in
// `?token=` or in a cookie. The first of these that is there counts. Whoever is
// refused hears one line, in which the token is not.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "http/request.h"
#include "http/response.h"
#include "server/outcome.h"

namespace rivulet::server {

struct TokenClaims;

class SubscribeTokens {
 public:
  static constexpr std::string_view kCookie = "rivulet_token";

  explicit SubscribeTokens(std::vector<std::string> keys)
      : keys_(std::move(keys)) {}

  // Whether a token is needed at all.
  [[nodiscard]] bool required() const { return !keys_.empty(); }

  struct Denial {
    std::string_view fault;  // a word for the log
    // 401 or 403 with a challenge, 400 when it is not clear which token is
    // meant (RFC 6750 §3.1).
    http::Response response;
  };
  // When a stream ends that opens, or why it does not.
  using Verdict = std::variant<base::WallSeconds, Denial>;

  // Whether `request` shows a token that opens what is `wanted`. Throws
  // std::bad_alloc.
  [[nodiscard]] Verdict judge(const http::Request& request,
                              const OpenStream& wanted,
                              base::WallSeconds now) const;

 private:
  std::vector<std::string> keys_;
};

}  // namespace rivulet::server

#include "server/subscribe_tokens.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "http/cookie.h"
#include "http/query.h"
#include "server/bearer.h"
#include "server/token_claims.h"

namespace rivulet::server {
namespace {

using Denial = SubscribeTokens::Denial;
using http::Status;

constexpr std::string_view kAudience = "rivulet";
constexpr std::string_view kAnyTopic = "*";
// How much the clock of whoever mints tokens may be ahead of ours: a client
// that is refused does not come back.
constexpr std::chrono::seconds kLeeway{5};

// `error` is RFC 6750's (§3.1).
Denial deny(std::string_view fault, Status status, std::string_view error,
            std::string_view reason) {
  return {fault, bearer_refusal(status, error, reason)};
}

Denial ambiguous(std::string_view reason) {
  return deny("ambiguous", Status::kBadRequest, "invalid_request", reason);
}

Denial invalid(std::string_view fault, std::string_view reason) {
  return deny(fault, Status::kUnauthorized, "invalid_token", reason);
}

Denial out_of_scope(std::string_view reason) {
  return deny("scope", Status::kForbidden, "insufficient_scope", reason);
}

std::variant<std::string, Denial> find_token(const http::Request& request) {
  const BearerField field = bearer_field(request);
  if (field.ambiguous) return ambiguous("one Authorization field is enough");
  if (field.token && !field.token->empty()) return std::string(*field.token);
  auto values = http::query_values(request.query(), "token");
  if (!values) return ambiguous("'token' is not percent-encoded");
  if (values->size() > 1) return ambiguous("one 'token' is enough");
  if (!values->empty() && !values->front().empty()) {
    return std::move(values->front());
  }
  const auto cookie = http::cookie_value(request, SubscribeTokens::kCookie);
  if (cookie && !cookie->empty()) return std::string(*cookie);
  return deny("missing", Status::kUnauthorized, "",
              "a stream needs a token: in 'Authorization: Bearer TOKEN', in "
              "?token= or in the cookie rivulet_token");
}

bool holds(const std::vector<std::string>& all, std::string_view one) {
  return std::ranges::find(all, one) != all.end();
}

// Whether it is good here and now.
std::optional<Denial> check_validity(const TokenClaims& claims,
                                     base::WallSeconds now) {
  if (claims.audience && !holds(*claims.audience, kAudience)) {
    return invalid("audience", "the aud of this token is not 'rivulet'");
  }
  if (!claims.expires) return invalid("endless", "this token has no exp");
  if (*claims.expires <= now) {
    return invalid("expired", "this token has expired");
  }
  if (claims.not_before && *claims.not_before > now + kLeeway) {
    return invalid("early", "this token is not good yet, by its nbf");
  }
  return std::nullopt;
}

std::optional<Denial> check_scope(const TokenClaims& claims,
                                  const OpenStream& wanted) {
  if (!wanted.id.empty() && claims.subject != wanted.id) {
    return out_of_scope("the sub of this token is another client id");
  }
  const auto& allowed = claims.topics;
  if (holds(allowed, kAnyTopic) ||
      std::ranges::all_of(wanted.topics, [&](const std::string& topic) {
        return holds(allowed, topic);
      })) {
    return std::nullopt;
  }
  return out_of_scope("a topic is not among the topics of this token");
}

}  // namespace

SubscribeTokens::Verdict SubscribeTokens::judge(const http::Request& request,
                                                const OpenStream& wanted,
                                                base::WallSeconds now) const {
  auto token = find_token(request);
  if (auto* denial = std::get_if<Denial>(&token)) return std::move(*denial);
  const auto claims = read_token(std::get<std::string>(token), keys_);
  if (!claims) {
    return invalid("invalid",
                   "this token is no JWT that a key of this server has signed "
                   "with HS256");
  }
  if (auto denial = check_validity(*claims, now)) return std::move(*denial);
  if (auto denial = check_scope(*claims, wanted)) return std::move(*denial);
  return *claims->expires;
}

}  // namespace rivulet::server

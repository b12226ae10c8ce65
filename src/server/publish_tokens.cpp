#include "server/publish_tokens.h"

#include "server/bearer.h"

namespace rivulet::server {
namespace {

// The rounds that SipHash's authors ask for where it is to be unforgeable.
constexpr int kCompressions = 2;
constexpr int kFinals = 4;

// The tables of names hash with `key` itself: a key of our own for each half.
base::HashKey derive(base::HashKey key, std::string_view first,
                     std::string_view second) {
  return {base::siphash(key, first, kCompressions, kFinals),
          base::siphash(key, second, kCompressions, kFinals)};
}

}  // namespace

PublishTokens::PublishTokens(const std::vector<std::string>& tokens,
                             base::HashKey key)
    : first_key_(derive(key, "publish-token 1", "publish-token 2")),
      second_key_(derive(key, "publish-token 3", "publish-token 4")) {
  digests_.reserve(tokens.size());
  for (const std::string& token : tokens) digests_.push_back(digest_of(token));
}

PublishTokens::Digest PublishTokens::digest_of(std::string_view token) const {
  return {base::siphash(first_key_, token, kCompressions, kFinals),
          base::siphash(second_key_, token, kCompressions, kFinals)};
}

bool PublishTokens::knows(std::string_view token) const {
  const Digest offered = digest_of(token);
  unsigned matches = 0;
  for (const Digest& digest : digests_) {
    const uint64_t difference =
        (digest.first ^ offered.first) | (digest.second ^ offered.second);
    matches |= static_cast<unsigned>(difference == 0);
  }
  return matches != 0;
}

std::optional<http::Response> PublishTokens::refusal(
    const http::Request& request) const {
  if (!required()) return std::nullopt;
  const BearerField field = bearer_field(request);
  if (field.ambiguous) {
    return bearer_refusal(http::Status::kBadRequest, "invalid_request",
                          "one Authorization field is enough");
  }
  // Who shows nothing, or knows another scheme only, is told no error code.
  if (!field.token) {
    return bearer_refusal(http::Status::kUnauthorized, "",
                          "this needs the field 'Authorization: Bearer TOKEN'");
  }
  if (knows(*field.token)) return std::nullopt;
  return bearer_refusal(http::Status::kUnauthorized, "invalid_token",
                        "this token is not one that may publish");
}

}  // namespace rivulet::server

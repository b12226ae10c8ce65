// Who may publish: whoever shows one of the operator's tokens in
// `Authorization: Bearer TOKEN` (RFC 6750 §2.1). Several count at once, so that
// they can be exchanged one by one. With none, everybody may.
//
// How long a comparison takes must not tell how much of a token was right. So
// no token is compared, and none is kept: only its digest, 128 bits of SipHash
// under keys that no client knows. Hashing takes as long as what the client has
// sent is, which it knows; all digests are looked at, whether or not one has
// matched; and how many bits two of them share says nothing of the texts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/siphash.h"
#include "http/request.h"
#include "http/response.h"

namespace rivulet::server {

class PublishTokens {
 public:
  // `key` is random, and nobody else's to know.
  PublishTokens(const std::vector<std::string>& tokens, base::HashKey key);

  // Whether a token is needed at all.
  [[nodiscard]] bool required() const { return !digests_.empty(); }

  // Nothing for a request that may publish; else what it is told: 401 with a
  // challenge, or 400 where two tokens leave it open which one is meant
  // (RFC 6750 §3.1).
  [[nodiscard]] std::optional<http::Response> refusal(
      const http::Request& request) const;

 private:
  struct Digest {
    uint64_t first;
    uint64_t second;
  };

  [[nodiscard]] Digest digest_of(std::string_view token) const;
  [[nodiscard]] bool knows(std::string_view token) const;

  base::HashKey first_key_;
  base::HashKey second_key_;
  std::vector<Digest> digests_;
};

}  // namespace rivulet::server

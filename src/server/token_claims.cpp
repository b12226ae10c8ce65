#include "server/token_claims.h"

#ifdef RIVULET_WITH_JWT
#include <jwt.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <new>

#include "base/text.h"
#endif

namespace rivulet::server {

#ifndef RIVULET_WITH_JWT

bool can_read_tokens() {
  return false;
}

std::optional<TokenClaims> read_token(
    std::string_view /*token*/, const std::vector<std::string>& /*keys*/) {
  return std::nullopt;
}

#else

namespace {

struct Free {
  void operator()(jwt_t* jwt) const { jwt_free(jwt); }
  void operator()(char* text) const { std::free(text); }
};
using Jwt = std::unique_ptr<jwt_t, Free>;
using JsonText = std::unique_ptr<char, Free>;
using Strings = std::vector<std::string>;

// Of 32 bytes, without padding.
constexpr size_t kSignatureBytes = 43;

bool is_base64url(std::string_view part) {
  const auto is_digit = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !part.empty() && part.size() % 4 != 1 &&
         std::all_of(part.begin(), part.end(), is_digit);
}

bool well_formed(std::string_view token) {
  if (token.size() > kMaxTokenBytes) return false;
  const std::string_view header = base::take_until(token, '.');
  const std::string_view payload = base::take_until(token, '.');
  return is_base64url(header) && is_base64url(payload) && is_base64url(token) &&
         token.size() == kSignatureBytes;
}

// Null when `key` has not signed it. An empty key takes everything, and makes
// everything unsigned.
Jwt decode(const std::string& token, std::string_view key) {
  jwt_t* jwt = nullptr;
  const auto* bytes = reinterpret_cast<const unsigned char*>(key.data());
  const int fault =
      jwt_decode(&jwt, token.c_str(), bytes, static_cast<int>(key.size()));
  if (fault == ENOMEM) throw std::bad_alloc();
  return Jwt(fault == 0 ? jwt : nullptr);
}

// And has no extension that must be understood (RFC 7515 §4.1.11).
bool is_plain_hs256(const std::string& token) {
  const Jwt unsigned_jwt = decode(token, {});
  if (!unsigned_jwt) return false;
  const char* const algorithm = jwt_get_header(unsigned_jwt.get(), "alg");
  if (algorithm == nullptr || algorithm != std::string_view("HS256")) {
    return false;
  }
  const JsonText critical(jwt_get_headers_json(unsigned_jwt.get(), "crit"));
  return critical == nullptr && errno == EINVAL;  // there is none
}

// A claim as JSON text without blanks; nothing when there is none.
std::optional<std::string> json_of(const Jwt& jwt, const char* claim) {
  const JsonText text(jwt_get_grants_json(jwt.get(), claim));
  if (text) return text.get();
  if (errno != EINVAL) throw std::bad_alloc();
  return std::nullopt;
}

// Takes a string with its quotes off the front of `json`. An escape is that of
// a quote, a backslash, or a control character: no name has one, so a NUL in
// its place makes it the name of nothing.
std::optional<std::string> take_string(std::string_view& json) {
  if (!json.starts_with('"')) return std::nullopt;
  std::string text;
  for (size_t at = 1; at < json.size(); ++at) {
    char c = json[at];
    if (c == '"') {
      json.remove_prefix(at + 1);
      return text;
    }
    if (c == '\\' && ++at < json.size()) {
      c = json[at] == '"' || json[at] == '\\' ? json[at] : '\0';
    }
    text += c;
  }
  return std::nullopt;
}

// ["a","b"]
std::optional<Strings> take_strings(std::string_view json) {
  if (!json.starts_with('[')) return std::nullopt;
  Strings strings;
  if (json == "[]") return strings;
  while (json != "]") {
    json.remove_prefix(1);  // the bracket, or a comma
    auto text = take_string(json);
    if (!text || json.empty()) return std::nullopt;
    strings.push_back(std::move(*text));
  }
  return strings;
}

// These read a claim into `out`, and are false when it is of another kind.

bool read(const Jwt& jwt, const char* claim, std::string& out) {
  const auto json = json_of(jwt, claim);
  if (!json) return true;
  std::string_view rest = *json;
  auto text = take_string(rest);
  if (text) out = std::move(*text);
  return text.has_value();
}

bool read(const Jwt& jwt, const char* claim, Strings& out) {
  const auto json = json_of(jwt, claim);
  if (!json) return true;
  auto strings = take_strings(*json);
  if (strings) out = std::move(*strings);
  return strings.has_value();
}

// One string, or several.
bool read(const Jwt& jwt, const char* claim, std::optional<Strings>& out) {
  const auto json = json_of(jwt, claim);
  if (!json) return true;
  std::string_view rest = *json;
  if (auto one = take_string(rest)) {
    out = Strings{std::move(*one)};
  } else {
    out = take_strings(*json);
  }
  return out.has_value();
}

// A NumericDate (RFC 7519 §2) may have a fraction: `round` says where it goes.
bool read(const Jwt& jwt, const char* claim, double (*round)(double),
          std::optional<base::WallSeconds>& out) {
  constexpr double kFarAway = 1e12;  // some 30,000 years
  const auto json = json_of(jwt, claim);
  if (!json) return true;
  double seconds = 0;
  const char* const end = json->data() + json->size();
  const auto [rest, fault] = std::from_chars(json->data(), end, seconds);
  if (fault != std::errc() || rest != end) return false;
  seconds = std::clamp(round(seconds), 0.0, kFarAway);
  out = base::WallSeconds(std::chrono::seconds(static_cast<int64_t>(seconds)));
  return true;
}

std::optional<TokenClaims> claims_of(const Jwt& jwt) {
  TokenClaims claims;
  const bool kinds = read(jwt, "sub", claims.subject) &&
                     read(jwt, "topics", claims.topics) &&
                     read(jwt, "aud", claims.audience) &&
                     read(jwt, "exp", &std::floor, claims.expires) &&
                     read(jwt, "nbf", &std::ceil, claims.not_before);
  return kinds ? std::optional(std::move(claims)) : std::nullopt;
}

}  // namespace

bool can_read_tokens() {
  return true;
}

std::optional<TokenClaims> read_token(std::string_view token,
                                      const std::vector<std::string>& keys) {
  if (!well_formed(token)) return std::nullopt;
  const std::string text(token);
  if (!is_plain_hs256(text)) return std::nullopt;
  for (const std::string& key : keys) {
    const Jwt jwt = decode(text, key);
    // libjwt 1.10 that has no memory for the key says that a token is good,
    // and that it is unsigned.
    if (jwt && jwt_get_alg(jwt.get()) == JWT_ALG_HS256) return claims_of(jwt);
  }
  return std::nullopt;
}

#endif

}  // namespace rivulet::server

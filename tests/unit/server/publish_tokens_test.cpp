// Tests server/publish_tokens.h: which requests may publish, and what the
// others are told.
#include "server/publish_tokens.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "../support/parse.h"

namespace rivulet::server {
namespace {

constexpr base::HashKey kKey{1, 2};

// What a request with these fields is told.
std::optional<http::Response> told(const PublishTokens& tokens,
                                   std::string_view fields) {
  test::Parsed parsed{http::RequestLimits{}};
  const std::string text =
      "GET / HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n";
  parsed.feed(text, text.size());
  REQUIRE(parsed.complete());
  return tokens.refusal(parsed.request());
}

std::string challenge(const PublishTokens& tokens, std::string_view fields) {
  const auto response = told(tokens, fields);
  REQUIRE(response);
  CHECK(response->body.ends_with('\n'));
  return response->fields;
}

TEST_CASE("without tokens everybody may publish") {
  const PublishTokens none({}, kKey);
  CHECK_FALSE(none.required());
  CHECK_FALSE(told(none, ""));
  CHECK_FALSE(told(none, "Authorization: Bearer what ever\r\n"));
}

TEST_CASE("each of several tokens is enough") {
  const PublishTokens tokens({"first-token-0000", "second-token-000"}, kKey);
  CHECK(tokens.required());
  CHECK_FALSE(told(tokens, "Authorization: Bearer first-token-0000\r\n"));
  CHECK_FALSE(told(tokens, "Authorization: Bearer second-token-000\r\n"));
  CHECK_FALSE(told(tokens, "authorization: bEARER   second-token-000\r\n"));
}

TEST_CASE("who shows no token is challenged without an error") {
  const PublishTokens tokens({"first-token-0000"}, kKey);
  for (const std::string fields :
       {"", "X: Bearer first-token-0000\r\n",
        "Authorization: Basic first-token-0000\r\n",
        "Authorization: first-token-0000\r\n", "Authorization: \r\n",
        "Authorization: Bearer,first-token-0000\r\n",
        "Proxy-Authorization: Bearer first-token-0000\r\n"}) {
    CAPTURE(fields);
    CHECK(told(tokens, fields)->status == http::Status::kUnauthorized);
    CHECK(challenge(tokens, fields) ==
          "WWW-Authenticate: Bearer realm=\"rivulet\"\r\n");
  }
}

TEST_CASE("what is not just a token is a wrong one") {
  const PublishTokens tokens({"first-token-0000", "second-token-000"}, kKey);
  for (const std::string token :
       {"", "first-token-000", "first-token-00000", "first-token-0001",
        "First-token-0000", "second-token-0000", "first-token-0000,",
        "first-token-0000 second-token-000", "\"first-token-0000\"",
        "first-token-0000first-token-0000"}) {
    CAPTURE(token);
    const std::string fields = "Authorization: Bearer " + token + "\r\n";
    CHECK(told(tokens, fields)->status == http::Status::kUnauthorized);
    if (token.empty()) continue;  // the blank goes, and the scheme is alone
    CHECK(challenge(tokens, fields) ==
          "WWW-Authenticate: Bearer realm=\"rivulet\", "
          "error=\"invalid_token\"\r\n");
  }
}

TEST_CASE("two fields leave it open which is meant, and neither is taken") {
  const PublishTokens tokens({"first-token-0000"}, kKey);
  const std::string twice =
      "Authorization: Bearer first-token-0000\r\n"
      "Authorization: Bearer first-token-0000\r\n";
  CHECK(told(tokens, twice)->status == http::Status::kBadRequest);
  CHECK(challenge(tokens, twice).find("invalid_request") != std::string::npos);
}

TEST_CASE("no answer repeats what was offered") {
  const PublishTokens tokens({"first-token-0000"}, kKey);
  for (const std::string scheme : {"Bearer ", "Basic ", ""}) {
    const auto response =
        told(tokens, "Authorization: " + scheme + "wrong-secret\r\n");
    CHECK((response->body + response->fields).find("wrong-secret") ==
          std::string::npos);
  }
}

}  // namespace
}  // namespace rivulet::server

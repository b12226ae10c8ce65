// Tests server/token_claims.h: which tokens are taken, and what is read in
// them.
#include "server/token_claims.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "../support/web_token.h"

namespace rivulet::server {
namespace {

using test::kKey;
using test::kOtherKey;
using test::web_token;
using Strings = std::vector<std::string>;

base::WallSeconds at(int64_t seconds) {
  return base::WallSeconds(std::chrono::seconds(seconds));
}

std::optional<TokenClaims> read(const std::string& token) {
  return read_token(token, {kKey});
}

TokenClaims claims(const std::string& json) {
  const auto found = read(web_token(json));
  REQUIRE(found);
  return *found;
}

// RFC 7515, appendix A.1: its key, of 64 bytes, and its token.
constexpr std::array<unsigned char, 64> kKeyOfTheRfc{
    3,   35,  53,  75,  43,  15,  165, 188, 131, 126, 6,   101, 119,
    123, 166, 143, 90,  179, 40,  230, 240, 84,  201, 40,  169, 15,
    132, 178, 210, 80,  46,  191, 211, 251, 90,  146, 210, 6,   71,
    239, 150, 138, 180, 195, 119, 98,  61,  34,  61,  46,  33,  114,
    5,   46,  79,  8,   192, 205, 154, 245, 103, 208, 128, 163};
constexpr const char* kTokenOfTheRfc =
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
    "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

TEST_CASE("the RFC's own token is read with the RFC's own key") {
  const std::string key(kKeyOfTheRfc.begin(), kKeyOfTheRfc.end());
  const auto found = read_token(kTokenOfTheRfc, {key});
  REQUIRE(found);
  CHECK(found->expires == at(1'300'819'380));
  CHECK(found->subject == "");
  CHECK_FALSE(read_token(kTokenOfTheRfc, {kKey}));
}

TEST_CASE("each key of several is enough") {
  const std::string token = web_token("{}", kOtherKey);
  CHECK(read_token(token, {kOtherKey}));
  CHECK(read_token(token, {kKey, kOtherKey}));
  CHECK(read_token(token, {kOtherKey, kKey}));
  CHECK_FALSE(read_token(token, {kKey}));
  CHECK_FALSE(read_token(token, {}));
  CHECK_FALSE(read_token(token, {kOtherKey + "x"}));
}

TEST_CASE("a token with anything changed is none") {
  const std::string good = web_token(R"({"sub":"ana"})");
  REQUIRE(read(good));
  for (size_t i = 0; i < good.size(); ++i) {
    CAPTURE(i);
    std::string changed = good;
    changed[i] = good[i] == 'x' ? 'y' : 'x';
    CHECK_FALSE(read(changed));
    CHECK_FALSE(read(good.substr(0, i)));
    CHECK_FALSE(read(good.substr(0, i) + "=" + good.substr(i)));
    CHECK_FALSE(read(good.substr(0, i) + "\n" + good.substr(i)));
  }
  for (const std::string& rest :
       {std::string("="), std::string("."), std::string(".x"),
        std::string(1, '\0'), std::string("\n"), std::string("A")}) {
    CHECK_FALSE(read(good + rest));
    CHECK_FALSE(read(rest + good));
  }
}

TEST_CASE("what has not the form of a token is none") {
  const std::string signature(43, 'A');
  const Strings texts{"",
                      ".",
                      "..",
                      ".." + signature,
                      "e30.." + signature,
                      ".e30." + signature,
                      "e30.e30." + signature,
                      "bnVsbA.bnVsbA." + signature,
                      "a.e30." + signature,
                      "e30.e30.",
                      "e30.e30.e30",
                      std::string(100'000, 'A') + ".e30." + signature,
                      std::string(10'000'000, '.'),
                      "\xff\xfe.e30.e30"};
  for (const std::string& text : texts) {
    CAPTURE(text.substr(0, 100));
    CHECK_FALSE(read(text));
  }
}

TEST_CASE("no other algorithm will do, with the right key either") {
  CHECK_FALSE(read(web_token("{}", kKey, JWT_ALG_HS384)));
  CHECK_FALSE(read(web_token("{}", kKey, JWT_ALG_HS512)));
  // {"alg":"none"}, {"alg":"HS256"} and {} before {}: without a signature, and
  // with one that is none.
  for (const std::string header :
       {"eyJhbGciOiJub25lIn0", "eyJhbGciOiJIUzI1NiJ9", "e30"}) {
    CHECK_FALSE(read(header + ".e30."));
    CHECK_FALSE(read(header + ".e30"));
    CHECK_FALSE(read(header + ".e30." + std::string(43, 'A')));
  }
}

TEST_CASE("an extension that has to be understood is not") {
  CHECK(read(web_token("{}", kKey, JWT_ALG_HS256, R"({"kid":"1"})")));
  CHECK_FALSE(
      read(web_token("{}", kKey, JWT_ALG_HS256, R"({"crit":["exp"]})")));
  CHECK_FALSE(read(web_token("{}", kKey, JWT_ALG_HS256, R"({"crit":null})")));
}

TEST_CASE("claims that are not there are empty") {
  const TokenClaims none = claims(R"({"iss":"x","jti":"y"})");
  CHECK(none.subject.empty());
  CHECK(none.topics.empty());
  CHECK_FALSE(none.audience);
  CHECK_FALSE(none.expires);
  CHECK_FALSE(none.not_before);
}

TEST_CASE("texts are read as they are") {
  for (const std::string text :
       {"ana", "", "a/b", "olá 🦀", "[\\\",\\\"]"}) {
    std::string plain;
    for (const char c : text) {
      if (c != '\\') plain += c;
    }
    CHECK(claims(R"({"sub":")" + text + "\"}").subject == plain);
    CHECK(claims(R"({"topics":["x",")" + text + "\"]}").topics ==
          Strings{"x", plain});
  }
  CHECK(claims(R"({"sub":"a\\b"})").subject == "a\\b");
  CHECK(claims(R"({"topics":[]})").topics.empty());
  CHECK(claims(R"({"aud":[]})").audience == Strings{});
  CHECK(claims(R"({"aud":"one"})").audience == Strings{"one"});
  CHECK(claims(R"({"aud":["one","two"]})").audience == Strings{"one", "two"});
}

TEST_CASE("a text with a control character is no name") {
  for (const std::string escape : {"\\n", "\\u0001", "\\t", "\\u007f"}) {
    const std::string name = claims(R"({"sub":"a)" + escape + "b\"}").subject;
    CHECK(name.find_first_of(std::string("\0\x7f", 2)) != std::string::npos);
  }
}

TEST_CASE("times are whole seconds, cut on the safe side") {
  CHECK(claims(R"({"exp":1700000000})").expires == at(1'700'000'000));
  CHECK(claims(R"({"exp":1700000000.9})").expires == at(1'700'000'000));
  CHECK(claims(R"({"nbf":1700000000.1})").not_before == at(1'700'000'001));
  CHECK(claims(R"({"exp":17e8})").expires == at(1'700'000'000));
  CHECK(claims(R"({"exp":0})").expires == at(0));
  CHECK(claims(R"({"exp":-5})").expires == at(0));
  CHECK(*claims(R"({"exp":9223372036854775807})").expires >
        at(100'000'000'000));
  CHECK(*claims(R"({"exp":1e300})").expires > at(100'000'000'000));
}

TEST_CASE("a claim of another kind spoils the token") {
  for (const std::string json :
       {R"({"sub":1})", R"({"sub":["ana"]})", R"({"sub":null})",
        R"({"topics":"a"})", R"({"topics":{"a":1}})", R"({"topics":[1]})",
        R"({"topics":["a",null]})", R"({"topics":[["a"]]})",
        R"({"topics":null})", R"({"exp":"1700000000"})", R"({"exp":true})",
        R"({"exp":null})", R"({"exp":[1700000000]})", R"({"nbf":"0"})",
        R"({"aud":1})", R"({"aud":[1]})"}) {
    CAPTURE(json);
    CHECK_FALSE(read(web_token(json)));
  }
}

}  // namespace
}  // namespace rivulet::server

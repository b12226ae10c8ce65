// Tests server/subscribe_tokens.h: which requests open which streams, and what
// the others are told.
#include "server/subscribe_tokens.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "../support/parse.h"
#include "../support/web_token.h"

namespace rivulet::server {
namespace {

using http::Status;
using test::kKey;
using test::web_token;
using Denial = SubscribeTokens::Denial;

constexpr int64_t kNow = 1'700'000'000;

base::WallSeconds at(int64_t seconds) {
  return base::WallSeconds(std::chrono::seconds(seconds));
}

SubscribeTokens::Verdict judge(const std::string& query,
                               const std::string& fields,
                               const OpenStream& wanted = {.id = ""}) {
  test::Parsed parsed{http::RequestLimits{}};
  const std::string text =
      "GET /stream" + query + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
  parsed.feed(text, text.size());
  REQUIRE(parsed.complete());
  return SubscribeTokens({kKey}).judge(parsed.request(), wanted, at(kNow));
}

std::string bearer(const std::string& token) {
  return "Authorization: Bearer " + token + "\r\n";
}

SubscribeTokens::Verdict judge_claims(const std::string& claims,
                                      const OpenStream& wanted = {.id = ""}) {
  return judge("", bearer(web_token(claims)), wanted);
}

bool opens(const SubscribeTokens::Verdict& verdict) {
  return std::holds_alternative<base::WallSeconds>(verdict);
}

// The word for the log; empty when it opens.
std::string fault(const SubscribeTokens::Verdict& verdict) {
  const auto* denial = std::get_if<Denial>(&verdict);
  return denial == nullptr ? "" : std::string(denial->fault);
}

const std::string kGood = R"({"exp":1700000001})";
const std::string kExpired = R"({"exp":1700000000})";

TEST_CASE("without keys no token is needed") {
  CHECK_FALSE(SubscribeTokens({}).required());
  CHECK(SubscribeTokens({kKey}).required());
}

TEST_CASE("a token may come in three places") {
  const std::string token = web_token(kGood);
  const std::string cookie = "Cookie: a=b; rivulet_token=" + token + "\r\n";
  for (const auto& verdict :
       {judge("", bearer(token)), judge("?token=" + token, ""),
        judge("?a=b&token=" + token + "&lastEventId=0", ""), judge("", cookie),
        judge("", "authorization: bEARER " + token + "\r\n"),
        judge("?token=", cookie),
        judge("", "Authorization: Basic x\r\n" + cookie),
        judge("?token=", "Authorization: Bearer\r\n" + cookie)}) {
    REQUIRE(opens(verdict));
    CHECK(std::get<base::WallSeconds>(verdict) == at(kNow + 1));
  }
}

TEST_CASE("the field counts before the query, and that before the cookie") {
  const std::string good = web_token(kGood);
  const std::string old = web_token(kExpired);
  const std::string cookie = "Cookie: rivulet_token=";
  CHECK(fault(judge("?token=" + good, bearer(old))) == "expired");
  CHECK(fault(judge("?token=" + old, bearer(good))) == "");
  CHECK(fault(judge("?token=" + old, cookie + good + "\r\n")) == "expired");
  CHECK(fault(judge("?token=" + good, cookie + old + "\r\n")) == "");
  CHECK(fault(judge("", bearer(old) + cookie + good + "\r\n")) == "expired");
}

TEST_CASE("who shows none is challenged without an error") {
  for (const auto& verdict :
       {judge("", ""), judge("?token=", ""), judge("?Token=x", ""),
        judge("", "Authorization: Basic x\r\n"), judge("", "Cookie: a=b\r\n"),
        judge("", "Cookie: rivulet_token=\r\n"), judge("?tokens=x", "")}) {
    CHECK(fault(verdict) == "missing");
    const http::Response& answer = std::get<Denial>(verdict).response;
    CHECK(answer.status == Status::kUnauthorized);
    CHECK(answer.fields == "WWW-Authenticate: Bearer realm=\"rivulet\"\r\n");
  }
}

TEST_CASE("two tokens in one place leave it open which is meant") {
  const std::string token = web_token(kGood);
  for (const auto& verdict : {judge("", bearer(token) + bearer(token)),
                              judge("?token=" + token + "&token=" + token, ""),
                              judge("?token=%", "")}) {
    CHECK(fault(verdict) == "ambiguous");
    const http::Response& answer = std::get<Denial>(verdict).response;
    CHECK(answer.status == Status::kBadRequest);
    CHECK(answer.fields.find("error=\"invalid_request\"") != std::string::npos);
  }
}

TEST_CASE("a token that is not good is an invalid one") {
  const struct {
    SubscribeTokens::Verdict verdict;
    std::string fault;
  } cases[] = {
      {judge("?token=x", ""), "invalid"},
      {judge("", bearer(web_token(kGood, test::kOtherKey))), "invalid"},
      {judge("", bearer(web_token(kGood) + " x")), "invalid"},
      {judge_claims("{}"), "endless"},
      {judge_claims(kExpired), "expired"},
      {judge_claims(R"({"exp":1700000000.9})"), "expired"},
      {judge_claims(R"({"exp":1800000000,"nbf":1700000006})"), "early"},
      {judge_claims(R"({"exp":1800000000,"aud":"others"})"), "audience"},
      {judge_claims(R"({"exp":1800000000,"aud":["a","b"]})"), "audience"},
      {judge_claims(R"({"exp":1800000000,"aud":[]})"), "audience"},
      {judge_claims(R"({"exp":1800000000,"aud":""})"), "audience"},
  };
  for (const auto& one : cases) {
    CHECK(fault(one.verdict) == one.fault);
    const http::Response& answer = std::get<Denial>(one.verdict).response;
    CHECK(answer.status == Status::kUnauthorized);
    CHECK(answer.fields ==
          "WWW-Authenticate: Bearer realm=\"rivulet\", "
          "error=\"invalid_token\"\r\n");
  }
}

TEST_CASE("what is good is good") {
  for (const std::string claims :
       {R"({"exp":1700000001,"nbf":1700000000})",
        R"({"exp":1700000006,"nbf":1700000005})",
        R"({"exp":1700000001.5,"aud":"rivulet"})",
        R"({"exp":1700000001,"aud":["a","rivulet"],"iss":"x","iat":1})",
        R"({"exp":1700000001,"sub":"ana"})"}) {
    CAPTURE(claims);
    CHECK(fault(judge_claims(claims)) == "");
  }
}

TEST_CASE("an id is opened by the token whose sub it is") {
  const std::string ana = R"({"exp":1800000000,"sub":"ana"})";
  CHECK(fault(judge_claims(ana, {.id = "ana"})) == "");
  for (const std::string id : {"Ana", "an", "anaa", "ana ", "rui"}) {
    CHECK(fault(judge_claims(ana, {.id = id})) == "scope");
  }
  CHECK(fault(judge_claims(kGood, {.id = "ana"})) == "scope");
  CHECK(fault(judge_claims(R"({"exp":1800000000,"sub":"*"})", {.id = "ana"})) ==
        "scope");
}

TEST_CASE("each topic that is asked for must be among the token's") {
  const std::string claims = R"({"exp":1800000000,"topics":["a","b\"c"]})";
  const auto asking = [&](std::vector<std::string> topics) {
    return fault(judge_claims(claims, {.id = "", .topics = std::move(topics)}));
  };
  CHECK(asking({}) == "");
  CHECK(asking({"a"}) == "");
  CHECK(asking({"a", "b\"c"}) == "");
  CHECK(asking({"a", "b"}) == "scope");
  CHECK(asking({"A"}) == "scope");
  CHECK(asking({"a\"", "a"}) == "scope");
}

TEST_CASE("no topics are none, and a star is all") {
  const OpenStream wanted{.id = "", .topics = {"a", "z"}};
  CHECK(fault(judge_claims(kGood, wanted)) == "scope");
  CHECK(fault(judge_claims(R"({"exp":1800000000,"topics":[]})", wanted)) ==
        "scope");
  CHECK(fault(judge_claims(R"({"exp":1800000000,"topics":["*"]})", wanted)) ==
        "");
  CHECK(fault(judge_claims(R"({"exp":1800000000,"topics":["a*"]})", wanted)) ==
        "scope");
}

TEST_CASE("out of scope is forbidden, not unauthorised") {
  const auto verdict = judge_claims(kGood, {.id = "ana"});
  const http::Response& answer = std::get<Denial>(verdict).response;
  CHECK(answer.status == Status::kForbidden);
  CHECK(answer.fields ==
        "WWW-Authenticate: Bearer realm=\"rivulet\", "
        "error=\"insufficient_scope\"\r\n");
}

TEST_CASE("no answer repeats a token, nor what is in one") {
  const std::string claims = R"({"exp":1800000000,"sub":"bob","topics":["t"]})";
  for (const std::string& token :
       {web_token(claims), web_token(claims, test::kOtherKey),
        std::string("secret.secret.secret")}) {
    for (const auto& verdict :
         {judge("", bearer(token), {.id = "ana"}),
          judge("?token=" + token, "", {.id = "", .topics = {"x"}})}) {
      const http::Response& answer = std::get<Denial>(verdict).response;
      const std::string said = answer.body + answer.fields;
      CHECK(answer.body.ends_with('\n'));
      for (const std::string& part :
           {token, std::string("bob"), std::string("secret"), kKey}) {
        CHECK(said.find(part) == std::string::npos);
      }
    }
  }
}

}  // namespace
}  // namespace rivulet::server

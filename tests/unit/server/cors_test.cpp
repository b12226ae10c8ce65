// Tests server/cors.h: what pages of other origins may read, and where they may
// publish.
#include "server/cors.h"

#include <doctest/doctest.h>

#include <string>

#include "../support/stream_client.h"
#include "router_support.h"

namespace rivulet::server {
namespace {

using test::ServerBench;

const std::string kAny = "Access-Control-Allow-Origin: *\r\n";
const std::string kApp =
    "Access-Control-Allow-Origin: https://app.example\r\n"
    "Access-Control-Allow-Credentials: true\r\nVary: Origin\r\n";
const std::string kNobody = "Vary: Origin\r\n";

Settings listing() {
  Settings settings = test::default_settings();
  settings.allow_origins = {"https://app.example", "http://other:8080"};
  return settings;
}

std::string from(std::string_view origin) {
  return "Origin: " + std::string(origin) + "\r\n";
}

std::string site(std::string_view value, std::string_view origin = {}) {
  return "Sec-Fetch-Site: " + std::string(value) + "\r\n" +
         (origin.empty() ? "" : from(origin));
}

std::string shared(const Settings& settings, std::string_view fields) {
  ServerBench bench(settings);
  return test::response(bench, "/publish/status/%00", "GET", fields).fields;
}

// Whether a publish gets past the question where it comes from.
bool may_publish(const Settings& settings, const std::string& fields) {
  ServerBench bench(settings);
  const auto answer = test::response(bench, "/publish/status/x", "GET", fields);
  const bool ok = answer.status == http::Status::kOk;
  if (!ok) CHECK(answer.status == http::Status::kForbidden);
  const auto post = test::outcome(bench, "/publish/ana", "POST", fields);
  CHECK(std::holds_alternative<PublishBody>(post) == ok);
  const auto end = test::response(bench, "/clients/ana", "DELETE", fields);
  CHECK((end.status == http::Status::kNotFound) == ok);
  return ok;
}

TEST_CASE("with a star everybody may read, and nothing depends on who asks") {
  const Settings settings = test::default_settings();
  CHECK(shared(settings, "") == kAny);
  CHECK(shared(settings, from("http://h")) == kAny);
  CHECK(shared(settings, site("same-origin")) == kAny);
}

TEST_CASE("with a list its origins may read, and caches are told") {
  CHECK(shared(listing(), site("same-origin")) == kNobody);
  CHECK(shared(listing(), from("https://app.example")) == kApp);
  for (const std::string origin :
       {"https://APP.example", "https://app.example:443", "http://app.example",
        "https://app.example.evil", "https://app", "null", "*", "",
        "https://app.example http://other:8080"}) {
    CAPTURE(origin);
    CHECK(shared(listing(), from(origin)) == kNobody);
  }
}

TEST_CASE("a stream says who may read it") {
  for (const bool list : {false, true}) {
    ServerBench bench(list ? listing() : test::default_settings());
    test::Client client(bench);
    const std::string head =
        client.ask("GET /stream/ana HTTP/1.1\r\nHost: h\r\n" +
                   from("https://app.example") + "\r\n");
    CHECK(head.find("\r\n" + (list ? kApp : kAny)) != std::string::npos);
  }
}

TEST_CASE("every answer about a body says it once") {
  for (const std::string body : {"data: a\n\n", "data: \xFF\n\n"}) {
    ServerBench bench(listing());
    test::Client client(bench);
    const std::string answer = client.ask(
        "POST /publish HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n"
        "Content-Type: text/event-stream\r\n" +
        from("https://app.example") + "\r\n" + body);
    CHECK(answer.find("\r\n" + kApp) != std::string::npos);
    CHECK(answer.find("Vary") == answer.rfind("Vary"));
  }
}

TEST_CASE("a preflight allows methods and fields to who may read") {
  ServerBench bench(listing());
  const auto good =
      test::response(bench, "/publish", "OPTIONS", from("https://app.example"));
  CHECK(test::has_field(good,
                        "Access-Control-Allow-Methods: "
                        "POST, PUT, OPTIONS"));
  CHECK(test::has_field(
      good,
      "Access-Control-Allow-Headers: Authorization, Cache-Control, "
      "Content-Type, Last-Event-ID"));
  CHECK(test::has_field(good,
                        "Access-Control-Allow-Origin: https://app.example"));
  for (const std::string& fields : {std::string(), from("https://evil")}) {
    const auto bad = test::response(bench, "/publish", "OPTIONS", fields);
    CHECK(bad.status == http::Status::kNoContent);
    CHECK(bad.fields.find("Access-Control") == std::string::npos);
    CHECK(test::has_field(bad, "Vary: Origin"));
  }
}

TEST_CASE("what is no browser, and pages of this server, publish as ever") {
  for (const Settings& settings : {test::default_settings(), listing()}) {
    CHECK(may_publish(settings, ""));
    CHECK(may_publish(settings, site("same-origin")));
    CHECK(may_publish(settings, site("same-origin", "https://h")));
    CHECK(may_publish(settings, site("none")));
    CHECK(may_publish(settings, from("http://h")));
    CHECK(may_publish(settings, from("https://H")));
  }
}

TEST_CASE("pages of other origins do not publish") {
  for (const Settings& settings : {test::default_settings(), listing()}) {
    CHECK_FALSE(may_publish(settings, site("cross-site")));
    CHECK_FALSE(may_publish(settings, site("same-site")));
    CHECK_FALSE(may_publish(settings, site("something-new")));
    CHECK_FALSE(may_publish(settings, site("")));
    CHECK_FALSE(may_publish(settings, site("cross-site", "https://evil")));
    CHECK_FALSE(may_publish(settings, site("same-site", "http://h")));
    for (const std::string origin :
         {"null", "", "h", "https://h:8443", "https://h.evil", "https://evil",
          "https://evil/h", "https://x@h"}) {
      CAPTURE(origin);
      CHECK_FALSE(may_publish(settings, from(origin)));
    }
  }
}

TEST_CASE("those that are listed do") {
  for (const std::string origin :
       {"https://app.example", "http://other:8080"}) {
    CHECK(may_publish(listing(), from(origin)));
    CHECK(may_publish(listing(), site("cross-site", origin)));
    CHECK(may_publish(listing(), site("same-site", origin)));
    CHECK_FALSE(may_publish(test::default_settings(), from(origin)));
  }
}

TEST_CASE("a token does not make a page of another origin welcome") {
  Settings settings = test::default_settings();
  settings.publish_tokens = {"a-token-of-the-test"};
  const std::string token = "Authorization: Bearer a-token-of-the-test\r\n";
  ServerBench bench(settings);
  const auto with = [&](const std::string& fields) {
    return static_cast<int>(
        test::response(bench, "/publish/status/x", "GET", fields).status);
  };
  CHECK(with(token) == 200);
  CHECK(with(site("cross-site")) == 403);
  CHECK(with(site("cross-site") + token) == 403);
  CHECK(with(site("same-origin") + token) == 200);
  CHECK(with(site("same-origin")) == 401);
}

}  // namespace
}  // namespace rivulet::server

// Tests server/router.h: paths that take POST, PUT or DELETE, and which
// requests are routed at the end of their head.
#include <doctest/doctest.h>

#include <array>

#include "router_support.h"

namespace rivulet::server {
namespace {

using test::has_field;
using test::ServerBench;

struct Row {
  std::string_view path;
  std::string_view allow;
};

constexpr std::array<Row, 3> kRows{
    Row{"/publish", "POST, PUT, OPTIONS"},
    Row{"/publish/ana", "POST, PUT, OPTIONS"},
    Row{"/clients/ana", "GET, HEAD, DELETE, OPTIONS"}};

TEST_CASE("a path tells all the methods that it takes") {
  ServerBench bench;
  for (const Row& row : kRows) {
    CAPTURE(row.path);
    const std::string allow = "Allow: " + std::string(row.allow);
    const http::Response options = test::response(bench, row.path, "OPTIONS");
    CHECK(options.status == http::Status::kNoContent);
    CHECK(has_field(options, allow));
    CHECK(has_field(options, "Access-Control-Allow-Origin: *"));
    CHECK(has_field(options,
                    "Access-Control-Allow-Methods: " + std::string(row.allow)));
    const http::Response wrong = test::response(bench, row.path, "PATCH");
    CHECK(wrong.status == http::Status::kMethodNotAllowed);
    CHECK(has_field(wrong, allow));
  }
}

TEST_CASE("what other sites' scripts may send is told") {
  ServerBench bench;
  const http::Response options = test::response(bench, "/publish", "OPTIONS");
  CHECK(has_field(options,
                  "Access-Control-Allow-Headers: Authorization, Cache-Control, "
                  "Content-Type, Last-Event-ID"));
}

TEST_CASE("publishing a body takes POST and PUT, and neither GET nor HEAD") {
  ServerBench bench;
  for (const std::string path : {"/publish", "/publish/ana"}) {
    for (const std::string method : {"GET", "HEAD", "DELETE"}) {
      CHECK(test::status(bench, path, method) == 405);
    }
    for (const std::string method : {"POST", "PUT"}) {
      CHECK(std::holds_alternative<PublishBody>(
          test::outcome(bench, path, method)));
    }
  }
}

TEST_CASE("one slash more is as good as none for these, too") {
  ServerBench bench;
  CHECK(test::publishing(bench, "/publish/ana/").client == "ana");
  CHECK(test::status(bench, "/publish//", "POST") == 404);
}

TEST_CASE("an id that is missing by accident does not mean everybody") {
  ServerBench bench;
  CHECK(test::status(bench, "/publish/", "POST") == 404);
  CHECK(test::status(bench, "/stream/") == 404);
}

RouteKind kind(std::string_view method, std::string_view target) {
  test::Parsed parsed{http::RequestLimits{}};
  const std::string text = std::string(method) + " " + std::string(target) +
                           " HTTP/1.1\r\nHost: h\r\n\r\n";
  parsed.feed(text, text.size());
  return kind_of(parsed.request(), ListenerKind::kOnly);
}

// Whether a request is routed before its body.
bool routed_early(std::string_view method, std::string_view target) {
  return kind(method, target) == RouteKind::kBody;
}

TEST_CASE("what publishes from its path, and what opens a stream, is known") {
  CHECK(kind("GET", "/publish/status/x") == RouteKind::kPublish);
  CHECK(kind("HEAD", "/publish/ana/status/x") == RouteKind::kPublish);
  CHECK(kind("GET", "/stream?topic=a") == RouteKind::kStream);
  CHECK(kind("GET", "/livez") == RouteKind::kAnswer);
  CHECK(kind("OPTIONS", "/publish/status/x") == RouteKind::kAnswer);
  CHECK(kind("GET", "/nothing/here") == RouteKind::kAnswer);
}

TEST_CASE("only what publishes a body is routed at the end of its head") {
  for (const std::string path :
       {"/publish", "/publish/ana", "/publish/ana/", "/publish?topic=a",
        "/publish/status", "/publish/%00"}) {
    CAPTURE(path);
    CHECK(routed_early("POST", path));
    CHECK(routed_early("PUT", path));
    CHECK_FALSE(routed_early("GET", path));
    CHECK_FALSE(routed_early("PATCH", path));
    CHECK_FALSE(routed_early("OPTIONS", path));
  }
  for (const std::string path :
       {"/", "/stream", "/stream/ana", "/clients/ana", "/publish/ana/status",
        "/publish/ana/status/x", "/publish/", "/publish//", "/Publish", "*"}) {
    CAPTURE(path);
    if (path != "*") CHECK_FALSE(routed_early("POST", path));
  }
}

}  // namespace
}  // namespace rivulet::server

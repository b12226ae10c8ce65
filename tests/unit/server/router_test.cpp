// Tests server/router.h: which route a request finds, and the answers that
// follow from the table itself.
#include "server/router.h"

#include <doctest/doctest.h>

#include <array>

#include "router_support.h"

namespace rivulet::server {
namespace {

using test::has_field;
using test::ServerBench;

constexpr std::array<std::string_view, 5> kSharedPaths{
    "/clients", "/publish/ana/status/x", "/publish/status/x", "/stream/ana",
    "/stream"};
constexpr std::array<std::string_view, 7> kOwnPaths{
    "/", "/index.html", "/metrics", "/stats", "/livez", "/healthz", "/readyz"};
constexpr std::string_view kShared = "Access-Control-Allow-Origin: *";

// These take GET; router_methods_test.cpp has those that take other methods.
std::string_view allowed(std::string_view path) {
  return path.starts_with("/st") ? "Allow: GET, OPTIONS"
                                 : "Allow: GET, HEAD, OPTIONS";
}

template <typename Check>
void for_each_path(Check check) {
  for (const std::string_view path : kSharedPaths) check(path, true);
  for (const std::string_view path : kOwnPaths) check(path, false);
}

TEST_CASE("a path that is not in the table is not found") {
  ServerBench bench;
  for (const std::string path : {"/nothing",
                                 "/stream/a/b",
                                 "/Stream/a",
                                 "/streams/a",
                                 "/client",
                                 "/clientsx",
                                 "/publish/ana/status",
                                 "/publish/ana/status/",
                                 "/publish/ana/state/x",
                                 "/publish/ana/status/x/y",
                                 "/publish//status/x",
                                 "/publish/ana//x",
                                 "//",
                                 "//clients",
                                 "/./clients",
                                 "/x/../clients",
                                 "/%63lients",
                                 "/livez/x",
                                 "/www/index.html",
                                 "/.gitignore",
                                 "/%2e%2e",
                                 "/..",
                                 "/index.html%00",
                                 "/index%2Ehtml"}) {
    CAPTURE(path);
    for (const std::string method : {"GET", "HEAD", "POST", "OPTIONS"}) {
      CAPTURE(method);
      const http::Response response = test::response(bench, path, method);
      CHECK(response.status == http::Status::kNotFound);
      CHECK(response.body.ends_with('\n'));
    }
  }
}

TEST_CASE("one slash at the end is as good as none, two are not") {
  ServerBench bench;
  CHECK(test::stream_id(bench, "/stream/ana/") == "ana");
  CHECK(test::stream_id(bench, "/stream/ana%2F") == "ana/");
  for (const std::string path : {"/clients", "/publish/status/x", "/livez"}) {
    CAPTURE(path);
    CHECK(test::status(bench, path + "/") == 200);
    CHECK(test::status(bench, path + "/?a=b") == 200);
    CHECK(test::status(bench, path + "//") == 404);
  }
  CHECK(test::status(bench, "/publish/status//") == 404);
  const auto doubled = test::outcome(bench, "/stream/ana//");
  CHECK(std::holds_alternative<http::Response>(doubled));
}

TEST_CASE("a file with a slash after it is there for all methods or for none") {
  ServerBench bench;
  CHECK((test::status(bench, "/index.html/") == 200) ==
        (test::status(bench, "/index.html/", "OPTIONS") == 204));
}

TEST_CASE("a query plays no part in finding a route") {
  ServerBench bench;
  CHECK(test::status(bench, "/?a=b") == 200);
  CHECK(test::status(bench, "/clients?x=/y") == 200);
  CHECK(test::stream_id(bench, "/stream/ana?lastEventId=%zz") == "ana");
}

TEST_CASE("a wrong method is told which ones are right") {
  ServerBench bench;
  for_each_path([&](std::string_view path, bool) {
    CAPTURE(path);
    for (const std::string method : {"POST", "PUT", "DELETE", "PATCH"}) {
      const http::Response response = test::response(bench, path, method);
      CHECK(response.status == http::Status::kMethodNotAllowed);
      CHECK(has_field(response, allowed(path)));
      CHECK(response.body.ends_with('\n'));
    }
  });
}

TEST_CASE("HEAD works wherever GET does, apart from streams") {
  ServerBench bench;
  for_each_path([&](std::string_view path, bool) {
    CAPTURE(path);
    const http::Response head = test::response(bench, path, "HEAD");
    if (path.starts_with("/st")) {
      CHECK(head.status == http::Status::kMethodNotAllowed);
      CHECK(has_field(head, "Allow: GET, OPTIONS"));
      return;
    }
    const http::Response get = test::response(bench, path);
    CHECK(head.status == get.status);
    // The processor time in /metrics has gone on meanwhile.
    if (path != "/metrics") CHECK(head.body == get.body);
    CHECK(head.fields == get.fields);
    CHECK(head.content_type == get.content_type);
  });
}

TEST_CASE(
    "OPTIONS describes a path, and to other sites where they may use it") {
  ServerBench bench;
  for_each_path([&](std::string_view path, bool shared) {
    CAPTURE(path);
    const http::Response response = test::response(bench, path, "OPTIONS");
    CHECK(response.status == http::Status::kNoContent);
    CHECK(response.body.empty());
    CHECK(has_field(response, allowed(path)));
    CHECK(has_field(response, kShared) == shared);
    const std::string methods =
        "Access-Control-Allow-Methods: " + std::string(allowed(path).substr(7));
    CHECK(has_field(response, methods) == shared);
  });
}

TEST_CASE("OPTIONS with a star describes the server") {
  ServerBench bench;
  const http::Response response = test::response(bench, "*", "OPTIONS");
  CHECK(response.status == http::Status::kNoContent);
  CHECK(has_field(response, "Allow: GET, HEAD, OPTIONS"));
}

TEST_CASE("other sites may read what is shared, errors too, and nothing else") {
  ServerBench bench;
  for_each_path([&](std::string_view path, bool shared) {
    if (path.starts_with("/st")) return;  // the streams
    CAPTURE(path);
    CHECK(has_field(test::response(bench, path), kShared) == shared);
  });
  CHECK(has_field(test::response(bench, "/stream/%00"), kShared));
  CHECK(has_field(test::response(bench, "/publish/status/%zz"), kShared));
}

TEST_CASE("segments are percent-decoded, each on its own") {
  ServerBench bench;
  struct Row {
    std::string_view segment;
    std::string_view id;
  };
  for (const Row& row : {
           Row{"ana", "ana"},
           Row{"ol%C3%A1", "olá"},
           Row{"ol%c3%a1", "olá"},
           Row{"olá", "olá"},
           Row{"a%2Fb", "a/b"},
           Row{"a%2fstatus%2fb", "a/status/b"},
           Row{"a+b", "a+b"},
           Row{"a%20b", "a b"},
           Row{"%25", "%"},
           Row{"%2541", "%41"},
           Row{"%3F%23", "?#"},
           Row{"..", ".."},
           Row{"%2E%2E", ".."},
           Row{"%F0%9F%A6%80", "🦀"},
           Row{":id", ":id"},
       }) {
    CAPTURE(row.segment);
    CHECK(test::stream_id(bench, "/stream/" + std::string(row.segment)) ==
          row.id);
  }
}

TEST_CASE("a segment that is no UTF-8, or badly encoded, or NUL is refused") {
  ServerBench bench;
  for (const std::string segment :
       {"%", "%4", "%zz", "a%", "%%41", "%00", "a%00b", "%FF", "%C3", "%C3x",
        "%C0%80", "%C1%BF", "%ED%A0%80", "%F4%90%80%80", "%80", "\xFF",
        "a\xC3"}) {
    CAPTURE(segment);
    for (const std::string& path :
         {"/stream/" + segment, "/publish/status/" + segment,
          "/publish/" + segment + "/status/x",
          "/publish/ana/status/" + segment}) {
      CAPTURE(path);
      CHECK(test::status(bench, path) == 400);
    }
  }
}

}  // namespace
}  // namespace rivulet::server

// Tests server/router.h and connection.h: which routes are on which listeners.
#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>

#include "router_support.h"

namespace rivulet::server {
namespace {

using test::Client;
using test::ServerBench;

struct Asked {
  std::string_view method;
  std::string_view path;
};

constexpr std::array kForOperators{
    Asked{"GET", "/publish/status/x"}, Asked{"HEAD", "/publish/status/x"},
    Asked{"GET", "/publish/a/status/x"}, Asked{"POST", "/publish"},
    Asked{"PUT", "/publish?topic=a"}, Asked{"POST", "/publish/a"},
    Asked{"GET", "/clients"}, Asked{"GET", "/clients/"},
    Asked{"GET", "/clients?detail=1"}, Asked{"GET", "/clients/a"},
    Asked{"DELETE", "/clients/a"}, Asked{"GET", "/metrics"},
    Asked{"GET", "/livez"}, Asked{"HEAD", "/livez"}, Asked{"GET", "/healthz"},
    Asked{"GET", "/readyz"},
    // That there is something is not to be learned in another way, either.
    Asked{"POST", "/clients"}, Asked{"OPTIONS", "/publish"},
    Asked{"OPTIONS", "/clients/a"}, Asked{"PATCH", "/metrics"}};

constexpr std::array kForEverybody{
    Asked{"GET", "/"},           Asked{"HEAD", "/"},
    Asked{"GET", "/index.html"}, Asked{"GET", "/stream"},
    Asked{"GET", "/stream/a"},   Asked{"OPTIONS", "/stream/a"},
    Asked{"OPTIONS", "*"}};

std::string unknown_path(ServerBench& bench) {
  return test::response(bench, "/no/such/path").body;
}

TEST_CASE("a public listener has the page and streams, and knows of no more") {
  ServerBench bench;
  for (const Asked& asked : kForOperators) {
    CAPTURE(asked.method);
    CAPTURE(asked.path);
    const auto outcome = test::outcome(bench, asked.path, asked.method, "",
                                       ListenerKind::kPublic);
    const auto* answer = std::get_if<http::Response>(&outcome);
    REQUIRE(answer != nullptr);
    CHECK(answer->status == http::Status::kNotFound);
    CHECK(answer->body == unknown_path(bench));
    CHECK(answer->fields == "");
  }
}

int status_of(const Outcome& outcome) {
  const auto* answer = std::get_if<http::Response>(&outcome);
  return answer == nullptr ? 200 : static_cast<int>(answer->status);
}

TEST_CASE("the page and streams are on every listener") {
  ServerBench bench;
  for (const auto kind :
       {ListenerKind::kOnly, ListenerKind::kPublic, ListenerKind::kAdmin}) {
    for (const Asked& asked : kForEverybody) {
      CAPTURE(asked.method);
      CAPTURE(asked.path);
      const auto outcome =
          test::outcome(bench, asked.path, asked.method, "", kind);
      CHECK(status_of(outcome) / 100 == 2);
    }
  }
}

TEST_CASE("an admin listener has what the only one has") {
  ServerBench bench;
  for (const Asked& asked : kForOperators) {
    CAPTURE(asked.method);
    CAPTURE(asked.path);
    const auto only = test::outcome(bench, asked.path, asked.method);
    const auto admin = test::outcome(bench, asked.path, asked.method, "",
                                     ListenerKind::kAdmin);
    CHECK(status_of(admin) == status_of(only));
    const auto* answer = std::get_if<http::Response>(&admin);
    if (answer != nullptr) CHECK(answer->body != unknown_path(bench));
  }
}

TEST_CASE(
    "a body for a public listener is dropped, and the next request served") {
  ServerBench bench;
  Client client(bench, ListenerKind::kPublic);
  const std::string said = client.ask(
      "POST /publish HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
      "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(said.starts_with("HTTP/1.1 404 "));
  CHECK(said.find("HTTP/1.1 200 OK\r\n") != std::string::npos);
  CHECK(bench.context.metrics.published == decltype(Metrics::published){});
}

}  // namespace
}  // namespace rivulet::server

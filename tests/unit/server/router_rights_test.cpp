// Tests server/router.h and connection.h: which routes need a token, and that
// it is asked for before the body.
#include <doctest/doctest.h>

#include <array>
#include <string>

#include "router_support.h"

namespace rivulet::server {
namespace {

using test::Client;
using test::ServerBench;

constexpr std::string_view kToken = "a-token-of-the-test";

Settings with_token() {
  Settings settings = test::default_settings();
  settings.publish_tokens = {std::string(kToken)};
  return settings;
}

struct Guarded {
  std::string_view method;
  std::string_view path;
  int with_token;
};

// Nobody is connected under that id.
constexpr std::array kGuarded{
    Guarded{"GET", "/publish/status/x", 200},
    Guarded{"HEAD", "/publish/status/x", 200},
    Guarded{"GET", "/publish/ana/status/x", 404},
    Guarded{"GET", "/publish/%00/status/x", 400},
    Guarded{"DELETE", "/clients/ana", 404},
    Guarded{"POST", "/publish?retry=x", 400},
    Guarded{"PUT", "/publish/ana?topic=a", 400},
};

TEST_CASE("whoever publishes, or ends streams, needs the token") {
  ServerBench bench(with_token());
  const std::string right =
      "Authorization: Bearer " + std::string(kToken) + "\r\n";
  for (const Guarded& row : kGuarded) {
    CAPTURE(row.method);
    CAPTURE(row.path);
    for (const std::string fields : {"", "Authorization: Bearer wrong\r\n"}) {
      const auto refused = test::response(bench, row.path, row.method, fields);
      CHECK(refused.status == http::Status::kUnauthorized);
      CHECK(refused.fields.find("WWW-Authenticate: Bearer ") !=
            std::string::npos);
      CHECK(test::has_field(refused, "Access-Control-Allow-Origin: *"));
    }
    const auto answer = test::response(bench, row.path, row.method, right);
    CHECK(static_cast<int>(answer.status) == row.with_token);
  }
  CHECK(std::holds_alternative<PublishBody>(
      test::outcome(bench, "/publish", "POST", right)));
}

TEST_CASE("so does whoever watches the server, whatever page asks") {
  ServerBench bench(with_token());
  const std::string right =
      "Authorization: Bearer " + std::string(kToken) + "\r\n";
  for (const std::string fields : {"", "Authorization: Bearer wrong\r\n",
                                   "Sec-Fetch-Site: cross-site\r\n"}) {
    CHECK(test::response(bench, "/stats", "GET", fields).status ==
          http::Status::kUnauthorized);
  }
  CHECK(std::holds_alternative<OpenWatch>(
      test::outcome(bench, "/stats", "GET", right)));
  ServerBench open;
  CHECK(std::holds_alternative<OpenWatch>(test::outcome(open, "/stats")));
}

TEST_CASE("nothing else needs one") {
  ServerBench bench(with_token());
  for (const std::string path : {"/", "/clients", "/clients?detail=1", "/livez",
                                 "/healthz", "/readyz"}) {
    CHECK(test::status(bench, path) == 200);
  }
  CHECK(test::status(bench, "/clients/ana") == 404);
  CHECK(test::stream_id(bench, "/stream/ana") == "ana");
  CHECK(test::status(bench, "/publish", "OPTIONS") == 204);
  CHECK(test::status(bench, "/publish", "GET") == 405);
  CHECK(test::status(bench, "/publish/nowhere/at/all") == 404);
}

TEST_CASE("who has no token is told so in place of being asked for a body") {
  for (const std::string start :
       {"POST /publish", "PUT /publish/ana", "DELETE /clients/ana",
        "GET /publish/status/x"}) {
    CAPTURE(start);
    for (const std::string length :
         {"Content-Length: 5\r\n", "Content-Length: 999999999\r\n",
          "Transfer-Encoding: chunked\r\n"}) {
      ServerBench bench(with_token());
      Client client(bench);
      const std::string answer =
          client.ask(start + " HTTP/1.1\r\nHost: h\r\n" + length +
                     "Expect: 100-continue\r\n\r\n");
      CHECK(answer.starts_with("HTTP/1.1 401 Unauthorized\r\n"));
      CHECK(answer.find("\r\nConnection: close\r\n") != std::string::npos);
      CHECK(answer.find("100 Continue") == std::string::npos);
    }
  }
}

TEST_CASE("a refusal without a body to skip leaves the connection open") {
  ServerBench bench(with_token());
  Client client(bench);
  const std::string refused = "HTTP/1.1 401 Unauthorized\r\n";
  const std::string target = "/publish/status/x HTTP/1.1\r\nHost: h\r\n";
  CHECK(client.ask("GET " + target + "\r\n").starts_with(refused));
  CHECK(client
            .ask("GET " + target + "Authorization: Bearer " +
                 std::string(kToken) + "\r\n\r\n")
            .ends_with("\r\n\r\nOk"));
}

}  // namespace
}  // namespace rivulet::server

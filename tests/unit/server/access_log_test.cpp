// Tests server/access_log.h, and that a connection writes one line for each
// request that it answers.
#include "server/access_log.h"

#include <doctest/doctest.h>

#include <string>

#include "../support/kept_log.h"
#include "../support/parse.h"
#include "../support/server_bench.h"

namespace rivulet::server {
namespace {

using test::KeptLog;

std::string line_of(const std::string& method, const std::string& target) {
  const http::RequestLimits limits;
  test::Parsed parsed(limits);
  const std::string text =
      method + " " + target + " HTTP/1.1\r\nHost: h\r\n\r\n";
  parsed.feed(text, text.size());
  REQUIRE(parsed.complete());
  const KeptLog kept;
  log_access(kept.log(),
             {.request = parsed.request(),
              .status = http::Status::kNotFound,
              .bytes = 12,
              .took = base::Duration(345)},
             "192.0.2.1:4711");
  return kept.text();
}

TEST_CASE("a line has what was asked, what was answered, and to whom") {
  CHECK(line_of("GET", "/clients") ==
        "level=info msg=request method=GET path=/clients status=404 bytes=12 "
        "ms=345 address=192.0.2.1:4711\n");
  for (const std::string method : {"HEAD", "POST", "PUT", "DELETE"}) {
    CHECK(line_of(method, "/").find(" method=" + method + " ") !=
          std::string::npos);
  }
}

TEST_CASE("of a target the path is logged, as it was sent, and no query") {
  CHECK(line_of("GET", "/a%20b%0Ac?token=secret")
            .find(" path=/a%20b%0Ac status") != std::string::npos);
}

TEST_CASE("a path is cut where it could be a whole event") {
  const std::string path = "/" + std::string(255, 'x');
  CHECK(line_of("GET", path).find(" path=" + path + " ") != std::string::npos);
  CHECK(line_of("GET", path + "y").find(" path=" + path + "... ") !=
        std::string::npos);
}

TEST_CASE("of a request that nobody could read nothing is made up") {
  const KeptLog kept;
  log_access(kept.log(),
             {.request = http::Request(),
              .status = http::Status::kBadRequest,
              .bytes = 1,
              .took = {}},
             "unix");
  CHECK(kept.text() ==
        "level=info msg=request method=- path=- status=400 bytes=1 ms=0 "
        "address=unix\n");
}

TEST_CASE("a connection logs its requests when it is told to, and else not") {
  for (const bool on : {true, false}) {
    const KeptLog kept;
    server::Settings settings = test::default_settings();
    settings.access_log = on;
    test::ServerBench bench(settings, kept.log());
    test::Client client(bench);
    const std::string answer =
        client.ask("GET /livez HTTP/1.1\r\nHost: h\r\n\r\n");
    const std::string line =
        "level=info msg=request method=GET path=/livez status=200 bytes=" +
        std::to_string(answer.size()) + " ms=";
    CHECK(kept.text().starts_with(line) == on);
    CHECK(kept.text().empty() != on);
  }
}

}  // namespace
}  // namespace rivulet::server

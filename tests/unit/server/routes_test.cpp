// Tests server/routes.h through the router: what each route answers and does.
#include "server/routes.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "../support/receiver.h"
#include "base/text.h"
#include "router_support.h"

namespace rivulet::server {
namespace {

using test::has_field;
using test::Receiver;
using test::ServerBench;

// A subscriber of the bench's hub for the length of a test.
struct Listening {
  Listening(ServerBench& the_bench, std::string_view id) : bench(the_bench) {
    bench.context.hub.subscribe(receiver, id);
  }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;
  ~Listening() { receiver.leave(bench.context.hub); }
  [[nodiscard]] std::string heard() const { return receiver.received(); }

  ServerBench& bench;
  Receiver receiver;
};

TEST_CASE("the page is HTML that loads nothing from elsewhere") {
  ServerBench bench;
  for (const std::string path : {"/", "/index.html"}) {
    const http::Response response = test::response(bench, path);
    CHECK(response.status == http::Status::kOk);
    CHECK(response.content_type == "text/html; charset=utf-8");
    CHECK(response.body.find("<html") != std::string::npos);
    const size_t policy = response.fields.find("Content-Security-Policy: ");
    REQUIRE(policy != std::string::npos);
    CHECK(response.fields.find("default-src 'none'", policy) !=
          std::string::npos);
    CHECK(response.fields.find("unsafe") == std::string::npos);
  }
}

TEST_CASE("the page's files have their types") {
  ServerBench bench;
  CHECK(test::response(bench, "/app.js").content_type ==
        "text/javascript; charset=utf-8");
  CHECK(test::response(bench, "/style.css").content_type ==
        "text/css; charset=utf-8");
}

TEST_CASE("a stream is opened under its id, 1 to 128 bytes of text") {
  ServerBench bench;
  const std::string longest(128, 'x');
  CHECK(test::stream_id(bench, "/stream/" + longest) == longest);
  CHECK(test::status(bench, "/stream/" + longest + "x") == 400);
  std::string letters;
  for (int i = 0; i < 64; ++i) letters += "%C3%A1";
  CHECK(test::stream_id(bench, "/stream/" + letters).size() == 128);
  CHECK(test::status(bench, "/stream/" + letters + "a") == 400);
  for (const std::string id : {"%0A", "a%0Db", "%09", "%7F", "%C2%85"}) {
    CAPTURE(id);
    CHECK(test::status(bench, "/stream/" + id) == 400);
  }
}

TEST_CASE("the clients are listed, each once, as JSON") {
  ServerBench bench;
  const http::Response none = test::response(bench, "/clients");
  CHECK(none.status == http::Status::kOk);
  CHECK(none.content_type == "application/json");
  CHECK(none.body == "[]");
  CHECK(has_field(none, "Cache-Control: no-store"));
  const Listening first(bench, "1234");
  const Listening second(bench, "ana");
  const Listening third(bench, "1234");
  const Listening odd(bench, "a\"b\\c/é🦀");
  CHECK(test::response(bench, "/clients").body ==
        R"(["1234","ana","a\"b\\c/é🦀"])");
}

TEST_CASE("a status goes to its client, all connections of it, and no other") {
  ServerBench bench;
  const Listening older(bench, "ana");
  const Listening newer(bench, "ana");
  const Listening other(bench, "rui");
  const http::Response response =
      test::response(bench, "/publish/ana/status/saudacao");
  CHECK(response.status == http::Status::kOk);
  CHECK(response.body == "Ok");
  CHECK(older.heard() == "data: saudacao\n\n");
  CHECK(newer.heard() == "data: saudacao\n\n");
  CHECK(other.heard() == "");
}

TEST_CASE("a status for nobody is not found") {
  ServerBench bench;
  const Listening ana(bench, "ana");
  const http::Response response =
      test::response(bench, "/publish/rui/status/ping");
  CHECK(response.status == http::Status::kNotFound);
  CHECK(response.body.ends_with('\n'));
  CHECK(ana.heard() == "");
}

TEST_CASE("a status for everyone is fine with nobody there") {
  ServerBench bench;
  CHECK(test::response(bench, "/publish/status/sos").body == "Ok");
  const Listening ana(bench, "ana");
  const Listening rui(bench, "rui");
  CHECK(test::response(bench, "/publish/status/sos").body == "Ok");
  CHECK(ana.heard() == "data: sos\n\n");
  CHECK(rui.heard() == "data: sos\n\n");
}

TEST_CASE("a client may be called status, and so may a status") {
  ServerBench bench;
  const Listening named(bench, "status");
  const Listening other(bench, "ana");
  CHECK(test::status(bench, "/publish/status/status/x") == 200);
  CHECK(named.heard() == "data: x\n\n");
  CHECK(other.heard() == "");
  CHECK(test::status(bench, "/publish/status/status") == 200);
  CHECK(other.heard() == "data: status\n\n");
}

TEST_CASE("ids and statuses are compared and sent decoded") {
  ServerBench bench;
  const Listening client(bench, "a/b é");
  CHECK(test::status(bench, "/publish/a%2Fb%20%C3%A9/status/1%2F2+3%25") ==
        200);
  CHECK(client.heard() == "data: 1/2+3%\n\n");
}

TEST_CASE("line ends in a status make lines of data and nothing else") {
  ServerBench bench;
  const Listening client(bench, "ana");
  CHECK(test::status(bench, "/publish/status/a%0Aevent:%20x%0A%0Adata:%20y") ==
        200);
  CHECK(client.heard() == "data: a\ndata: event: x\ndata: \ndata: data: y\n\n");
  const Listening late(bench, "rui");
  CHECK(test::status(bench, "/publish/rui/status/a%0Did:1%0D%0Ab") == 200);
  CHECK(late.heard() == "data: a\ndata: id:1\ndata: b\n\n");
  CHECK(test::status(bench, "/publish/status/a%00") == 400);
}

TEST_CASE("a status has its limit, measured decoded: 413") {
  Settings settings = test::default_settings();
  settings.max_event_bytes = 10;
  ServerBench bench(settings);
  const Listening client(bench, "ana");
  for (const std::string path : {"/publish/status/", "/publish/ana/status/"}) {
    CAPTURE(path);
    CHECK(test::status(bench, path + std::string(9, 'x')) == 200);
    CHECK(test::status(bench, path + "123456789%C3") == 400);
    CHECK(test::status(bench, path + "12345678%C3%A9") == 200);
    CHECK(test::status(bench, path + "123456789%C3%A9") == 413);
    CHECK(test::status(bench, path + std::string(11, 'x')) == 413);
  }
  CHECK(client.receiver.frames.size() == 4);
}

TEST_CASE("an id that can be nobody's is a bad request, not a missing client") {
  ServerBench bench;
  CHECK(test::status(bench, "/publish/a%0Ab/status/x") == 400);
  CHECK(test::status(bench,
                     "/publish/" + std::string(129, 'a') + "/status/x") == 400);
  CHECK(test::status(bench,
                     "/publish/" + std::string(128, 'a') + "/status/x") == 404);
}

TEST_CASE("probes are answered, and readiness ends with draining") {
  ServerBench bench;
  for (const std::string path : {"/livez", "/healthz", "/readyz"}) {
    const http::Response response = test::response(bench, path);
    CHECK(response.status == http::Status::kOk);
    CHECK(response.body == "ok");
    CHECK(has_field(response, "Cache-Control: no-store"));
  }
  bench.context.draining = true;
  CHECK(test::status(bench, "/livez") == 200);
  CHECK(test::status(bench, "/healthz") == 200);
  const http::Response readiness = test::response(bench, "/readyz");
  CHECK(readiness.status == http::Status::kServiceUnavailable);
  CHECK(has_field(readiness, "Cache-Control: no-store"));
}

TEST_CASE("a server that drains tells publishers when to come back") {
  ServerBench bench;
  const Listening client(bench, "ana");
  bench.context.draining = true;
  for (const std::string path :
       {"/publish/ana/status/x", "/publish/status/x", "/readyz"}) {
    const http::Response response = test::response(bench, path);
    CHECK(response.status == http::Status::kServiceUnavailable);
    CHECK(has_field(response, "Retry-After: 5"));
  }
  CHECK(client.heard() == "");
}

// The milliseconds of a stream that only says when to come back.
uint64_t sent_away_for(const http::Response& response) {
  CHECK(response.status == http::Status::kOk);
  CHECK(response.content_type == "text/event-stream");
  std::string_view body = response.body;
  REQUIRE(body.starts_with("retry: "));
  body.remove_prefix(7);
  return base::parse_decimal(base::take_until(body, '\n')).value_or(0);
}

TEST_CASE(
    "a subscriber that cannot be served is sent away for different times") {
  ServerBench bench;
  bench.context.draining = true;
  std::set<uint64_t> times;
  for (int n = 0; n < 100; ++n) {
    const auto usual = static_cast<uint64_t>(bench.settings.retry.count());
    const uint64_t time = sent_away_for(test::response(bench, "/stream/rui"));
    CHECK(time >= 2 * usual);
    CHECK(time <= 6 * usual);
    times.insert(time);
  }
  CHECK(times.size() > 50);
}

TEST_CASE("streams are admitted up to each limit and not past it") {
  auto settings = test::default_settings();
  SUBCASE("in total") {
    settings.max_streams = 2;
  }
  SUBCASE("under one id") {
    settings.max_streams_per_id = 2;
  }
  ServerBench bench(settings);
  const Listening first(bench, "ana");
  CHECK(test::stream_id(bench, "/stream/ana") == "ana");
  {
    const Listening second(bench, "ana");
    CHECK(sent_away_for(test::response(bench, "/stream/ana")) > 0);
  }
  CHECK(test::stream_id(bench, "/stream/ana") == "ana");
}

}  // namespace
}  // namespace rivulet::server

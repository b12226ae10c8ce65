// Tests http/request_parser.h: what a request says, where it ends, and that it
// does not matter in which pieces it arrives. Bodies: request_body_test.cpp.
#include "http/request_parser.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "../support/parse.h"

namespace rivulet::http {
namespace {

using namespace std::string_literals;
using test::parse;

// A GET with these field lines after its Host.
std::string get(std::string_view fields, std::string_view version = "1.1") {
  return "GET /a HTTP/" + std::string(version) + "\r\nHost: h\r\n" +
         std::string(fields) + "\r\n";
}

TEST_CASE("a request is read into its parts") {
  const auto parsed = parse(
      "GET /stream/ana?x=1&y=%20 HTTP/1.1\r\n"
      "Host: localhost:3000\r\n"
      "Accept:text/event-stream\r\n"
      "Empty:\r\n"
      "Blank: \t \r\n"
      "X-Two:  \t two words \t\r\n"
      "x-two: again\r\n\r\n");
  REQUIRE(parsed->complete());
  const Request& request = parsed->request();
  CHECK(request.method() == Method::kGet);
  CHECK(request.minor_version() == 1);
  CHECK(request.keep_alive());
  CHECK(request.path() == "/stream/ana");
  CHECK(request.query() == "x=1&y=%20");
  CHECK(request.header("HOST") == "localhost:3000");
  CHECK(request.header("accept") == "text/event-stream");
  CHECK(request.header("empty") == "");
  CHECK(request.header("blank") == "");
  CHECK(request.header("X-two") == "two words");
  CHECK(request.header("missing") == std::nullopt);
  CHECK(request.body_kind() == BodyKind::kNone);
  std::vector<std::string> all;
  request.for_each_header("X-TWO",
                          [&](std::string_view v) { all.emplace_back(v); });
  CHECK(all == std::vector<std::string>{"two words", "again"});
}

TEST_CASE("methods that have a use here are told from the others") {
  const auto method_of = [](const std::string& name) {
    const auto parsed = parse(name + " / HTTP/1.1\r\nHost: h\r\n\r\n");
    REQUIRE(parsed->complete());
    return parsed->request().method();
  };
  CHECK(method_of("GET") == Method::kGet);
  CHECK(method_of("HEAD") == Method::kHead);
  CHECK(method_of("POST") == Method::kPost);
  CHECK(method_of("PUT") == Method::kPut);
  CHECK(method_of("DELETE") == Method::kDelete);
  CHECK(method_of("OPTIONS") == Method::kOptions);
  for (const std::string name : {"PATCH", "TRACE", "PROPFIND", "M-SEARCH"}) {
    CAPTURE(name);
    CHECK(method_of(name) == Method::kOther);
  }
}

TEST_CASE("a method that nobody has heard of is not implemented") {
  for (const std::string name :
       {"BREW", "get", "GETT", "GE", "X", "ABCDEFGHIJKLMNOPQRSTUVWX"}) {
    CAPTURE(name);
    CHECK(parse(name + " / HTTP/1.1\r\nHost: h\r\n\r\n"s)->status() == 501);
  }
}

TEST_CASE("methods of protocols other than HTTP are not implemented either") {
  for (const std::string name : {"PLAY", "DESCRIBE", "SETUP", "PRI"}) {
    CAPTURE(name);
    CHECK(parse(name + " / HTTP/1.1\r\nHost: h\r\n\r\n"s)->status() == 501);
    CHECK(parse(name + " / HTTP/1.0\r\n\r\n"s)->status() == 501);
  }
}

TEST_CASE("HTTP/2's preface is another version") {
  CHECK(parse("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"s)->status() == 505);
}

TEST_CASE("a refused HEAD is still HEAD, and what only begins like it is not") {
  CHECK(parse("HEAD / HTTP/1.1\r\n\r\n"s)->parser.is_head());
  CHECK_FALSE(parse("HEADV / HTTP/1.1\r\nHost: h\r\n\r\n"s)->parser.is_head());
}

TEST_CASE("input that follows a request is left to the caller") {
  for (const std::string& request :
       {get(""), get("Content-Length: 0\r\n"),
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"s,
        "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"s,
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5\r\nhello\r\n0\r\n\r\n"s,
        get("Connection: close\r\n"), get("", "1.0"),
        get("Connection: Upgrade\r\nUpgrade: websocket\r\n"),
        get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
            "HTTP2-Settings: AA\r\n")}) {
    for (const std::string& next :
         {""s, "\r\n"s, get(""), "garbage\n"s, "\0\0"s, "hello"s}) {
      CAPTURE(request);
      CAPTURE(next);
      const auto parsed = parse(request + next);
      CHECK(parsed->complete());
      CHECK(parsed->used == request.size());
    }
  }
}

TEST_CASE("a request holds the room too that its fields will take") {
  std::string fields;
  for (int i = 0; i < 33; ++i) fields += "a:\r\n";
  const auto parsed = parse(get(fields));
  REQUIRE(parsed->complete());
  // Vectors grow by doubling; a field is two pairs of four bytes.
  constexpr size_t kRoomForFields = size_t{64} * 16;
  CHECK(parsed->parser.held_bytes() >= sizeof(parsed->parser) + kRoomForFields);
}

TEST_CASE("a finished or refused request takes nothing more") {
  for (const std::string& input : {get(""), "BREW / HTTP/1.1\r\n\r\n"s}) {
    const auto parsed = parse(input);
    REQUIRE(parsed->ended());
    const std::string before = parsed->summary();
    CHECK(parsed->parser.feed("GET / HTTP/1.1\r\n\r\n") == 0);
    CHECK(parsed->parser.feed("") == 0);
    CHECK(parsed->summary() == before);
  }
}

TEST_CASE("an unfinished request waits for more, wherever it stops") {
  const std::string whole =
      "\r\nPOST /x HTTP/1.1\r\nHost: h\r\nA: b\r\nTransfer-Encoding: chunked"
      "\r\n\r\n3;e\r\nabc\r\n0\r\nt: u\r\n\r\n";
  for (size_t size = 0; size < whole.size(); ++size) {
    CHECK_FALSE(parse(whole.substr(0, size))->ended());
    test::Parsed split{RequestLimits{}};
    split.feed(whole.substr(0, size), size + 1);
    split.feed(std::string_view(whole).substr(size), whole.size());
    CHECK(split.complete());
    CHECK(split.used == whole.size());
  }
}

// Long: a row for each way to say it.
TEST_CASE("persistence follows the version and the Connection field") {
  struct Row {
    std::string_view version;
    std::string_view fields;
    bool keep_alive;
  };
  for (const Row& row : {
           Row{"1.1", "", true},
           Row{"1.1", "Connection: keep-alive\r\n", true},
           Row{"1.1", "Connection: close\r\n", false},
           Row{"1.1", "connection:CLOSE\r\n", false},
           Row{"1.1", "Connection: \tclose \r\n", false},
           Row{"1.1", "Connection: x, close\r\n", false},
           Row{"1.1", "Connection: x,close,y\r\n", false},
           Row{"1.1", "Connection: close, keep-alive\r\n", false},
           Row{"1.1", "Connection: keep-alive, close\r\n", false},
           Row{"1.1", "Connection: x\r\nConnection: close\r\n", false},
           Row{"1.1", "Connection: close\r\nConnection: x\r\n", false},
           Row{"1.1", "Connection: closed\r\n", true},
           Row{"1.1", "Connection: xclose\r\n", true},
           Row{"1.1", "Connection:\r\n", true},
           Row{"1.1", "X-Connection: close\r\n", true},
           Row{"1.1", "Connection: Upgrade\r\nUpgrade: h2c\r\n", true},
           Row{"1.0", "", false},
           Row{"1.0", "Connection: close\r\n", false},
           Row{"1.0", "Connection: keep-alive\r\n", true},
           Row{"1.0", "Connection: Keep-Alive\r\n", true},
           Row{"1.0", "Connection: x, keep-alive\r\n", true},
           Row{"1.0", "Connection: keep-alive, close\r\n", false},
           Row{"1.0", "Connection: close, keep-alive\r\n", false},
           Row{"1.0", "Connection: keep-alives\r\n", false},
           Row{"1.0", "Keep-Alive: timeout=5\r\n", false},
       }) {
    CAPTURE(row.version);
    CAPTURE(row.fields);
    const auto parsed = parse(get(row.fields, row.version));
    REQUIRE(parsed->complete());
    CHECK(parsed->request().keep_alive() == row.keep_alive);
    CHECK(parsed->request().minor_version() == row.version[2] - '0');
  }
}

TEST_CASE("a target may hold whatever browsers and curl send") {
  for (const std::string path :
       {"/", "/a%2Fb", "/%00", "/olá", "/a;b=c", "/a+b", "/~!$&'()*,:@",
        "/\"<>\\^`{|}", "/..//.", "//a", "/\xFF\x80"}) {
    CAPTURE(path);
    const auto parsed =
        parse("GET "s + path + "?q HTTP/1.1\r\nHost: h\r\n\r\n");
    REQUIRE(parsed->complete());
    CHECK(parsed->request().path() == path);
    CHECK(parsed->request().query() == "q");
  }
}

TEST_CASE("a field value may hold bytes past ASCII") {
  const auto parsed = parse(get("A: \xC3\xA1\xFF\t\"x\"\r\n"));
  REQUIRE(parsed->complete());
  CHECK(parsed->request().header("a") == "\xC3\xA1\xFF\t\"x\"");
}

TEST_CASE("the limits of target and fields hold here too") {
  const std::string head = get("A: b\r\n");
  const size_t fields_bytes = head.size() - "GET /a HTTP/1.1\r\n"s.size();
  RequestLimits limits;
  limits.fields_bytes = fields_bytes;
  CHECK(parse(head, limits)->complete());
  limits.fields_bytes = fields_bytes - 1;
  CHECK(parse(head, limits)->status() == 431);
  limits = {};
  limits.fields = 2;
  CHECK(parse(head, limits)->complete());
  limits.fields = 1;
  CHECK(parse(head, limits)->status() == 431);
  limits = {};
  limits.target_bytes = 2;
  CHECK(parse(head, limits)->complete());
  limits.target_bytes = 1;
  CHECK(parse(head, limits)->status() == 414);
}

TEST_CASE("the largest head that the limits allow is read") {
  const RequestLimits limits;
  std::string fields = "Host: h\r\n";
  for (size_t i = 2; i < limits.fields; ++i) fields += "B: y\r\n";
  const std::string value(limits.fields_bytes - fields.size() - 7, 'x');
  fields += "A: " + value + "\r\n";
  const std::string target = "/" + std::string(limits.target_bytes - 1, 't');
  const std::string line = "GET " + target + " HTTP/1.1\r\n";
  const auto parsed = parse(line + fields + "\r\n");
  REQUIRE(parsed->complete());
  CHECK(parsed->request().path() == target);
  CHECK(parsed->request().header("a") == value);
  CHECK(parse(line + "C" + fields + "\r\n")->status() == 431);
}

TEST_CASE("a request with two faults is refused alike in all pieces") {
  CHECK(parse("BREW / HTTP/1.1\r\nHost : h\r\n\r\n")->refused());
  CHECK(parse("GET / HTTP/1.1\r\nContent-Length: x\r\nbad\r\n\r\n")->refused());
}

TEST_CASE("requests damaged at random never depend on their pieces") {
  const std::vector<std::string> seeds{
      get("Connection: keep-alive\r\nA: b\r\n"),
      "POST /publish HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"s,
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;x\r\nhello\r\n0\r\nt: u\r\n\r\n"s,
      "GET http://h/a?b HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"s};
  const std::string dice = "\r\n\t :,;/0159afGX\"\x80\x00\x7F"s;
  std::mt19937 random(3);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = seeds[random() % seeds.size()];
    for (size_t n = 1 + random() % 3; n > 0; --n) {
      const size_t at = random() % bytes.size();
      const char c = dice[random() % dice.size()];
      const auto kind = random() % 3;
      if (kind == 0) bytes[at] = c;
      if (kind == 1) bytes.insert(at, 1, c);
      if (kind == 2) bytes.erase(at, 1);
    }
    bytes += get("");
    test::Parsed whole{RequestLimits{}};
    whole.feed(bytes, bytes.size());
    test::Parsed pieces{RequestLimits{}};
    pieces.feed(bytes, 1 + random() % 5);
    CAPTURE(bytes);
    // Of several faults another may be met first.
    REQUIRE(pieces.refused() == whole.refused());
    if (!whole.refused()) REQUIRE(pieces.summary() == whole.summary());
  }
}

}  // namespace
}  // namespace rivulet::http

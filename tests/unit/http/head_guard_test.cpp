// Tests http/head_guard.h: the shape of a head, byte by byte, and its limits.
#include "http/head_guard.h"

#include <doctest/doctest.h>

#include <string>

namespace rivulet::http {
namespace {

using namespace std::string_literals;

struct Scan {
  bool done = false;
  int status = 0;  // of the refusal, 0 when it is none
  size_t used = 0;
  bool operator==(const Scan&) const = default;
};

Scan scan_in_pieces(std::string_view input, size_t piece,
                    const RequestLimits& limits, HeadGuard::Part part) {
  HeadGuard guard(part);
  Scan result;
  while (!input.empty() && !guard.done() && !guard.refused()) {
    const size_t used = guard.scan(input.substr(0, piece), limits);
    result.used += used;
    input.remove_prefix(used);
  }
  result.done = guard.done();
  if (guard.refused()) {
    result.status = static_cast<int>(guard.refusal().status);
    CHECK_FALSE(guard.refusal().reason.empty());
  }
  return result;
}

Scan scan(std::string_view input, const RequestLimits& limits = {},
          HeadGuard::Part part = HeadGuard::Part::kHead) {
  const Scan whole = scan_in_pieces(input, input.size(), limits, part);
  CHECK(scan_in_pieces(input, 1, limits, part) == whole);
  return whole;
}

constexpr std::string_view kLine = "GET / HTTP/1.1\r\n";

// What a field line after a good request line comes to.
Scan scan_field(std::string_view field) {
  return scan(std::string(kLine) + std::string(field) + "\r\n\r\n");
}

TEST_CASE("a head ends at its blank line, and nothing past it is taken") {
  for (const std::string head :
       {"GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.0\r\n\r\n",
        "POST /a?b=c HTTP/1.1\r\nHost: a\r\nB:\r\nc: d \t\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        "M-SEARCH / HTTP/1.1\r\nx:y:z\r\n\r\n",
        "GET /\xC3\xA1 HTTP/1.1\r\na: \xFF\r\n\r\n"}) {
    CAPTURE(head);
    CHECK(scan(head) == Scan{true, 0, head.size()});
    CHECK(scan(head + "GET /next HTTP/1.1\r\n") == Scan{true, 0, head.size()});
    CHECK(scan(head + "\r\n") == Scan{true, 0, head.size()});
  }
}

TEST_CASE("a head that is not over is neither done nor refused") {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  for (size_t size = 0; size < head.size(); ++size) {
    CHECK(scan(head.substr(0, size)) == Scan{false, 0, size});
  }
}

TEST_CASE("up to two blank lines may come before a request") {
  CHECK(scan("\r\nGET / HTTP/1.1\r\n\r\n").done);
  CHECK(scan("\r\n\r\nGET / HTTP/1.1\r\n\r\n").done);
  CHECK(scan("\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n").status == 400);
  CHECK(scan("\nGET / HTTP/1.1\r\n\r\n").status == 400);
  CHECK(scan("\rGET / HTTP/1.1\r\n\r\n").status == 400);
  CHECK(scan(" GET / HTTP/1.1\r\n\r\n").status == 400);
}

TEST_CASE("a request line of another shape is refused") {
  for (const std::string line : {"GET  / HTTP/1.1\r\n",
                                 "GET /  HTTP/1.1\r\n",
                                 "GET / HTTP/1.1 \r\n",
                                 "GET\t/ HTTP/1.1\r\n",
                                 "GET /\tHTTP/1.1\r\n",
                                 "GET /\r\n",
                                 "GET\r\n",
                                 "GET / \r\n",
                                 "GET /a b HTTP/1.1\r\n",
                                 "GET / http/1.1\r\n",
                                 "GET / HTTP/1.1\n",
                                 "GET / HTTP/1.1\r\r\n",
                                 "GET / HTTP/1.1\rX",
                                 "GET / HTTP/1.\r\n",
                                 "GET / HTTP/11\r\n",
                                 "GET / HTTP/1.10\r\n",
                                 "GET / HTTP/01.1\r\n",
                                 "GET / HTTP/1,1\r\n",
                                 "GET / HTTP/a.1\r\n",
                                 "GET / HTTP/1.a\r\n",
                                 "GET / HTTPS/1.1\r\n",
                                 "GET / ICE/1.0\r\n",
                                 "GET / RTSP/1.0\r\n",
                                 "G(T / HTTP/1.1\r\n",
                                 "G\xC3T / HTTP/1.1\r\n",
                                 "{\"a\":1}\r\n",
                                 "\x16\x03\x01",
                                 "GET /\x7F HTTP/1.1\r\n"}) {
    CAPTURE(line);
    CHECK(scan(line).status == 400);
  }
  CHECK(scan("GET /\0 HTTP/1.1\r\n"s).status == 400);
  CHECK(scan("\0"s).status == 400);
}

TEST_CASE("other versions of HTTP are told which ones are spoken") {
  for (const std::string version : {"0.9", "1.2", "1.9", "2.0", "3.0", "9.9"}) {
    CAPTURE(version);
    CHECK(scan("GET / HTTP/"s + version + "\r\n").status == 505);
  }
  CHECK(scan("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").status == 505);
}

TEST_CASE("a field line of another shape is refused") {
  for (const std::string field : {" folded: x",
                                  "\tfolded: x",
                                  "a: b\r\n folded",
                                  "a: b\r\n\tfolded",
                                  "a : b",
                                  "a\t: b",
                                  "a b: c",
                                  ": nameless",
                                  "nameless",
                                  "a",
                                  "a\r\n",
                                  "a: b\nc: d",
                                  "a: b\rc: d",
                                  "a: b\r\r\nc: d",
                                  "a\n: b",
                                  "a\r: b",
                                  "a:\x0B",
                                  "a: \x7F",
                                  "a(b): c",
                                  "a\xC3: b",
                                  "a: b\r\n\n",
                                  "\n",
                                  "\r",
                                  "a:\n",
                                  "Content-Length\x0B: 5",
                                  "Transfer-Encoding:\x0B"
                                  "chunked"}) {
    CAPTURE(field);
    CHECK(scan_field(field).status == 400);
  }
  CHECK(scan_field("a: \0"s).status == 400);
  CHECK(scan_field("a\0: b"s).status == 400);
}

TEST_CASE("every byte is in a field name or value, or is refused") {
  const std::string marks = "!#$%&'*+-.^_`|~";
  for (unsigned value = 0; value < 256; ++value) {
    const char c = static_cast<char>(value);
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9');
    const bool token = letter || (marks.find(c) != std::string::npos);
    CAPTURE(value);
    if (c != ':') {
      CHECK(scan_field("x"s + c + "y: v").done == token);
    }
    const bool visible = c == '\t' || (value >= 0x20 && value != 0x7F);
    CHECK(scan_field("x: a"s + c + "b").done == visible);
    const bool in_target = value > 0x20 && value != 0x7F;
    CHECK(scan("GET /"s + c + " HTTP/1.1\r\n\r\n").done == in_target);
  }
}

TEST_CASE("a method has up to 24 letters") {
  const std::string rest = " / HTTP/1.1\r\n\r\n";
  CHECK(scan(std::string(23, 'M') + rest).done);
  CHECK(scan(std::string(24, 'M') + rest).done);
  CHECK(scan(std::string(25, 'M') + rest).status == 501);
}

TEST_CASE("the target has its limit: 414") {
  RequestLimits limits;
  limits.target_bytes = 10;
  const auto with_target = [&](size_t size) {
    return scan("GET /" + std::string(size - 1, 'x') + " HTTP/1.1\r\n\r\n",
                limits);
  };
  CHECK(with_target(9).done);
  CHECK(with_target(10).done);
  CHECK(with_target(11).status == 414);
  CHECK(with_target(11).used == 14);  // the byte too many is not taken
}

TEST_CASE("the fields have their limit, line ends and all: 431") {
  const std::string fields = "Host: a\r\nb: c\r\n\r\n";
  const std::string head = "\r\nGET /long/target HTTP/1.1\r\n" + fields;
  RequestLimits limits;
  limits.fields_bytes = fields.size() + 1;
  CHECK(scan(head, limits).done);
  limits.fields_bytes = fields.size();
  CHECK(scan(head, limits).done);
  limits.fields_bytes = fields.size() - 1;
  CHECK(scan(head, limits).status == 431);
  limits.fields_bytes = fields.size() / 2;
  CHECK(scan(head, limits).status == 431);
}

TEST_CASE("a field that never ends is refused at the limit") {
  RequestLimits limits;
  limits.fields_bytes = 100;
  for (const std::string field : {"a: ", "a:", "", "a: b\r\nc"}) {
    const Scan endless =
        scan(std::string(kLine) + field + std::string(10'000, 'x'), limits);
    CHECK(endless == Scan{false, 431, kLine.size() + 100});
  }
}

TEST_CASE("the number of fields has its limit: 431") {
  RequestLimits limits;
  limits.fields = 3;
  const auto with_fields = [&](size_t count) {
    std::string head(kLine);
    for (size_t i = 0; i < count; ++i) head += "a:\r\n";
    return scan(head + "\r\n", limits);
  };
  CHECK(with_fields(0).done);
  CHECK(with_fields(2).done);
  CHECK(with_fields(3).done);
  CHECK(with_fields(4).status == 431);
}

TEST_CASE("trailers are fields without a request line") {
  const auto trailer = [](std::string_view text) {
    return scan(text, {}, HeadGuard::Part::kTrailer);
  };
  CHECK(trailer("\r\nGET") == Scan{true, 0, 2});
  CHECK(trailer("a: b\r\nc: d\r\n\r\nGET") == Scan{true, 0, 14});
  CHECK(trailer(" a: b\r\n\r\n").status == 400);
  CHECK(trailer("a : b\r\n\r\n").status == 400);
  CHECK(trailer("a: b\n\r\n").status == 400);
  CHECK(trailer("\n").status == 400);
  CHECK(trailer("\rX").status == 400);
  CHECK(trailer("GET / HTTP/1.1\r\n\r\n").status == 400);
}

}  // namespace
}  // namespace rivulet::http

// Tests http/request_rules.h: Host, the form of the target, how the body is
// framed, and that no request can be hidden inside another.
#include <doctest/doctest.h>

#include <string>

#include "../support/parse.h"

namespace rivulet::http {
namespace {

using test::parse;

std::string head(std::string_view line, std::string_view fields) {
  return std::string(line) + "\r\n" + std::string(fields) + "\r\n";
}

// The status with which a request with these fields is refused, or 0.
int status_of(std::string_view fields,
              std::string_view line = "POST / HTTP/1.1") {
  return parse(head(line, fields))->status();
}

// The same for a good Host and this target.
int status_of_target(const std::string& target,
                     const std::string& method = "GET") {
  return status_of("Host: h\r\n", method + " " + target + " HTTP/1.1");
}

TEST_CASE("HTTP/1.1 needs one Host, HTTP/1.0 none") {
  CHECK(status_of("Host: h\r\n") == 0);
  CHECK(status_of("") == 400);
  CHECK(status_of("Hosts: h\r\n") == 400);
  CHECK(status_of("Host: h\r\nHost: h\r\n") == 400);
  CHECK(status_of("Host: h\r\nhost: g\r\n") == 400);
  CHECK(status_of("", "GET / HTTP/1.0") == 0);
  CHECK(status_of("Host: h\r\n", "GET / HTTP/1.0") == 0);
  CHECK(status_of("Host: h\r\nHost: h\r\n", "GET / HTTP/1.0") == 400);
}

TEST_CASE("an absolute target does not replace the Host field") {
  CHECK(status_of("", "GET http://h/ HTTP/1.1") == 400);
}

TEST_CASE("a Host is a name or address and perhaps a port") {
  for (const std::string host :
       {"h", "localhost:3000", "127.0.0.1", "[::1]:80", "a-b.c_d.example",
        "xn--mgbh0fb.example", "H", "", "a%20b"}) {
    CAPTURE(host);
    CHECK(status_of("Host: " + host + "\r\n") == 0);
  }
  for (const std::string host :
       {"h h",       "h/",   "/",   "h/a", "http://h", "a@h",
        "h?",        "h#",   "h\\", "<h>", "\"h\"",    "h\t:80",
        "h\xC3\xA1", "h|g",  "{h}", "^",   "h:80:80",  "h:x",
        "::1",       "[::1", "[]",  "[g]", "[::1]80",  "]"}) {
    CAPTURE(host);
    CHECK(status_of("Host: " + host + "\r\n") == 400);
  }
}

TEST_CASE("a target is a path, and its query begins at the first mark") {
  struct Row {
    std::string target;
    std::string_view path;
    std::string_view query;
  };
  for (const Row& row : {
           Row{"/", "/", ""},
           Row{"/a?b", "/a", "b"},
           Row{"/a?", "/a", ""},
           Row{"/?a?b", "/", "a?b"},
           Row{"/a?x=/b", "/a", "x=/b"},
           Row{"http://h/a?b", "/a", "b"},
           Row{"HTTP://H:80/a", "/a", ""},
           Row{"https://h/a//b", "/a//b", ""},
           Row{"http://h", "/", ""},
           Row{"http://h?b", "/", "b"},
           Row{"http://h/?b", "/", "b"},
           Row{"http://[::1]:80/a", "/a", ""},
           Row{"/http://h/a", "/http://h/a", ""},
       }) {
    CAPTURE(row.target);
    const auto parsed =
        parse(head("GET " + row.target + " HTTP/1.1", "Host: h\r\n"));
    REQUIRE(parsed->complete());
    CHECK(parsed->request().path() == row.path);
    CHECK(parsed->request().query() == row.query);
    CHECK(parsed->request().header("host") == "h");
  }
}

TEST_CASE("a target of any other form is refused") {
  for (const std::string target : {"a",
                                   "a/b",
                                   "h:80",
                                   "http:/h",
                                   "http:h",
                                   "http://",
                                   "http:///a",
                                   "http://?a",
                                   "http://:80/",
                                   "http://[::1/a",
                                   "http://h:x/",
                                   "http://a@h/",
                                   "ftp://h/a",
                                   "httpx://h/a",
                                   "javascript:x",
                                   "/a#b",
                                   "/#",
                                   "http://h/#a",
                                   "http://h#a",
                                   "?a",
                                   "#",
                                   ".",
                                   "../a",
                                   "\\a",
                                   "**",
                                   "*a"}) {
    CAPTURE(target);
    CHECK(status_of_target(target) == 400);
  }
}

TEST_CASE("the star goes with OPTIONS and with nothing else") {
  CHECK(status_of_target("*", "OPTIONS") == 0);
  CHECK(status_of_target("*", "GET") == 400);
  CHECK(status_of_target("*", "POST") == 400);
  CHECK(status_of_target("*?a", "OPTIONS") == 400);
}

TEST_CASE("authority-form, which asks for a tunnel, is refused") {
  CHECK(status_of_target("h:443", "CONNECT") == 400);
  CHECK(status_of_target("[::1]:443", "CONNECT") == 400);
  CHECK(status_of_target("h:443", "GET") == 400);
}

TEST_CASE("a body by length is read to its end, whatever the method") {
  for (const std::string method : {"POST", "GET", "HEAD", "OPTIONS", "PUT"}) {
    CAPTURE(method);
    const std::string request =
        head(method + " / HTTP/1.1", "Host: h\r\nContent-Length: 35\r\n") +
        "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
    const auto parsed = parse(request + "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    REQUIRE(parsed->complete());
    CHECK(parsed->used == request.size());
    CHECK(parsed->request().body_kind() == BodyKind::kLength);
    CHECK(parsed->request().content_length() == 35);
    CHECK(parsed->request().path() == "/");
  }
}

TEST_CASE("a chunked body is read to its end, also of a GET") {
  for (const std::string method : {"POST", "GET", "DELETE"}) {
    const std::string request =
        head(method + " / HTTP/1.1",
             "Host: h\r\nTransfer-Encoding: \tChunked \r\n") +
        "16\r\nGET / HTTP/1.1\r\nHost: \r\n0\r\n\r\n";
    const auto parsed = parse(request + "GET / HTTP/1.1\r\n\r\n");
    REQUIRE(parsed->complete());
    CHECK(parsed->used == request.size());
    CHECK(parsed->request().body_kind() == BodyKind::kChunked);
  }
}

TEST_CASE("a length of nothing is no body") {
  for (const std::string fields :
       {"Content-Length: 0\r\n", "Content-Length: 000\r\n", ""}) {
    const auto parsed =
        parse(head("POST / HTTP/1.1", "Host: h\r\n" + fields) + "x");
    REQUIRE(parsed->complete());
    CHECK(parsed->request().body_kind() == BodyKind::kNone);
  }
}

TEST_CASE("a length is one decimal number") {
  for (const std::string length :
       {"", "+5", "-5", "5,", ",5", "5 5", "5,5", "5, 5", "5,6", "0x5", "5a",
        "5.0", "a", "5;", "\"5\"", "18446744073709551616",
        "99999999999999999999999999", "5\t5"}) {
    CAPTURE(length);
    CHECK(status_of("Host: h\r\nContent-Length: " + length + "\r\n") == 400);
  }
}

TEST_CASE("two lengths that differ are refused") {
  CHECK(status_of("Host: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n") ==
        400);
  CHECK(status_of("Host: h\r\nContent-Length: 0\r\nContent-Length: 5\r\n") ==
        400);
  CHECK(status_of("Host: h\r\nContent-Length: 5\r\nContent-Length:\r\n") ==
        400);
  CHECK(status_of("Host: h\r\nContent-Length:\r\nContent-Length: 5\r\n") ==
        400);
}

TEST_CASE("a length and a coding exclude each other") {
  const std::string length = "Content-Length: 5\r\n";
  const std::string coding = "Transfer-Encoding: chunked\r\n";
  CHECK(status_of("Host: h\r\n" + length + coding) == 400);
  CHECK(status_of("Host: h\r\n" + coding + length) == 400);
  CHECK(status_of("Host: h\r\nContent-Length: 0\r\n" + coding) == 400);
  CHECK(status_of("Host: h\r\n" + coding + "Content-Length: 0\r\n") == 400);
}

TEST_CASE("the only coding is a single chunked") {
  for (const std::string coding : {"",
                                   "gzip",
                                   "identity",
                                   "chunked, chunked",
                                   "gzip, chunked",
                                   "chunked, gzip",
                                   "chunked,",
                                   ",chunked",
                                   "chunked;q=1",
                                   "xchunked",
                                   "chunkedx",
                                   "chunke",
                                   "\"chunked\"",
                                   "chunked chunked",
                                   "identity, chunked",
                                   "gzip\r\nTransfer-Encoding: chunked",
                                   "chunked\r\nTransfer-Encoding: gzip",
                                   "chunked\r\nTransfer-Encoding: chunked",
                                   "\r\nTransfer-Encoding: chunked",
                                   "chunked\r\nTransfer-Encoding:"}) {
    CAPTURE(coding);
    CHECK(status_of("Host: h\r\nTransfer-Encoding: " + coding + "\r\n") == 400);
  }
}

TEST_CASE("HTTP/1.0 has no transfer coding") {
  CHECK(status_of("Transfer-Encoding: chunked\r\n", "POST / HTTP/1.0") == 400);
  CHECK(status_of("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                  "POST / HTTP/1.0") == 400);
}

TEST_CASE("names that only look like the framing fields frame nothing") {
  for (const std::string name :
       {"Content_Length", "Content-Lengthx", "XContent-Length",
        "Transfer_Encoding", "Transfer-Encodings"}) {
    CAPTURE(name);
    const auto parsed =
        parse(head("POST / HTTP/1.1", "Host: h\r\n" + name + ": 5\r\n") + "x");
    REQUIRE(parsed->complete());
    CHECK(parsed->request().body_kind() == BodyKind::kNone);
  }
}

TEST_CASE("a body has its limit: 413") {
  RequestLimits limits;
  limits.body_bytes = 10;
  const auto by_length = [&](size_t size) {
    return parse(head("POST / HTTP/1.1", "Host: h\r\nContent-Length: " +
                                             std::to_string(size) + "\r\n") +
                     std::string(size, 'x'),
                 limits)
        ->status();
  };
  CHECK(by_length(9) == 0);
  CHECK(by_length(10) == 0);
  CHECK(by_length(11) == 413);
  const auto by_chunks = [&](const std::string& last) {
    return parse(
        head("POST / HTTP/1.1", "Host: h\r\nTransfer-Encoding: chunked\r\n") +
            "5\r\nxxxxx\r\n" + last + "\r\n0\r\n\r\n",
        limits);
  };
  CHECK(by_chunks("4\r\nxxxx")->complete());
  CHECK(by_chunks("5\r\nxxxxx")->complete());
  CHECK(by_chunks("6\r\nxxxxxx")->status() == 413);
  CHECK(by_chunks("a\r\nxxxxxxxxxx")->status() == 413);
}

TEST_CASE("a length too large is refused before its body comes") {
  CHECK(status_of("Host: h\r\nContent-Length: 65537\r\n") == 413);
  CHECK(status_of("Host: h\r\nContent-Length: 18446744073709551615\r\n") ==
        413);
}

TEST_CASE("faults of a chunked body refuse the request") {
  const std::string start =
      head("POST / HTTP/1.1", "Host: h\r\nTransfer-Encoding: chunked\r\n");
  CHECK(parse(start + "5\r\nhello0\r\n\r\n")->status() == 400);
  CHECK(parse(start + "0\r\nX: y\n\r\n")->status() == 400);
  CHECK(parse(start + "0\r\nX: " + std::string(8192, 'y') + "\r\n\r\n")
            ->status() == 431);
}

TEST_CASE("the only expectation is 100-continue, and HTTP/1.0 has none") {
  CHECK(status_of("Host: h\r\nExpect: 100-continue\r\n") == 0);
  CHECK(status_of("Host: h\r\nExpect: 100-Continue\r\n") == 0);
  CHECK(status_of("Host: h\r\nExpect: 200-ok\r\n") == 417);
  CHECK(status_of("Host: h\r\nExpect: 100-continue, x\r\n") == 417);
  CHECK(status_of("Expect: x\r\n", "POST / HTTP/1.0") == 0);
}

TEST_CASE("every refusal has a reason of one line") {
  for (const std::string fields :
       {"", "Host: a b\r\n", "Host: h\r\nContent-Length: x\r\n",
        "Host: h\r\nExpect: x\r\n", "Host: h\r\nContent-Length: 65537\r\n"}) {
    const auto parsed = parse(head("POST / HTTP/1.1", fields));
    REQUIRE(parsed->refused());
    const std::string& reason = parsed->parser.refusal().reason;
    CHECK_FALSE(reason.empty());
    CHECK(reason.find_first_of("\r\n") == std::string::npos);
  }
}

}  // namespace
}  // namespace rivulet::http

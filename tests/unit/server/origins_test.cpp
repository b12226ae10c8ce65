// Tests server/origins.h: which lists of origins are taken.
#include "server/origins.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

namespace rivulet::server {
namespace {

using Strings = std::vector<std::string>;

std::string refusal(std::string_view text) {
  try {
    (void)parse_origins(text);
    return "";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

TEST_CASE("a star is any origin") {
  CHECK(parse_origins("*").empty());
  CHECK(parse_origins(" * ").empty());
}

TEST_CASE("origins stand between commas or blanks") {
  const Strings two{"https://a.example", "http://b.example:8080"};
  for (const std::string text :
       {"https://a.example,http://b.example:8080",
        "https://a.example http://b.example:8080",
        " https://a.example ,, http://b.example:8080,"}) {
    CHECK(parse_origins(text) == two);
  }
}

TEST_CASE("an origin is what browsers send") {
  for (const std::string origin :
       {"http://localhost", "http://localhost:3000", "http://127.0.0.1:1",
        "https://xn--bcher-kva.example", "http://[::1]:65535",
        "https://[2001:db8::1]", "https://a_b.example", "https://a.example:80",
        "http://a.example:443", "chrome-extension://abcdef", "app://-"}) {
    CAPTURE(origin);
    CHECK(parse_origins(origin) == Strings{origin});
  }
}

// Long: a row for each way in which an origin may be wrong.
TEST_CASE("what no browser sends is refused by name, with a reason") {
  for (const std::string origin : {"null",
                                   "example.com",
                                   "https://",
                                   "://a",
                                   "https:/a",
                                   "https:a",
                                   "https://a/",
                                   "https://a/b",
                                   "https://a?b",
                                   "https://a#b",
                                   "https://u@a",
                                   "https://A.example",
                                   "HTTPS://a",
                                   "https://bücher",
                                   "https://*.example",
                                   "https://a:",
                                   "https://a:0",
                                   "https://a:080",
                                   "https://a:65536",
                                   "https://a:x",
                                   "https://a:1:2",
                                   "https://a:443",
                                   "http://a:80",
                                   "https://[::1",
                                   "https://[]",
                                   "https://[a]",
                                   "https://[::1]x",
                                   "https://[::1]:",
                                   "1http://a",
                                   "https://::1",
                                   "https://:80",
                                   "'https://a'",
                                   "https://a;https://b"}) {
    CAPTURE(origin);
    CHECK(refusal(origin).find("'" + std::string(origin) + "'") !=
          std::string::npos);
    CHECK(refusal("https://good.example," + std::string(origin)) != "");
  }
  CHECK(refusal("*,https://a.example").find("alone") != std::string::npos);
  CHECK(refusal("https://a.example:443").find("usual") != std::string::npos);
  CHECK(refusal("https://a.example/").find("slash") != std::string::npos);
}

TEST_CASE("a list without an origin is refused") {
  for (const std::string text : {"", " ", ",", " , "}) {
    CHECK(refusal(text).find("expected *") != std::string::npos);
  }
}

}  // namespace
}  // namespace rivulet::server

// Tests http/cookie.h: one cookie among those that a browser sends.
#include "http/cookie.h"

#include <doctest/doctest.h>

#include <string>

#include "../support/parse.h"

namespace rivulet::http {
namespace {

// The cookie `a` of a request with these fields, or "none".
std::string cookie_a(const std::string& fields) {
  const auto parsed =
      test::parse("GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n");
  REQUIRE(parsed->complete());
  return std::string(cookie_value(parsed->request(), "a").value_or("none"));
}

TEST_CASE("a cookie is found wherever it stands") {
  CHECK(cookie_a("Cookie: a=1\r\n") == "1");
  CHECK(cookie_a("Cookie: b=2; a=1\r\n") == "1");
  CHECK(cookie_a("Cookie: a=1; b=2\r\n") == "1");
  CHECK(cookie_a("Cookie: b=2;a=1;c=3\r\n") == "1");
  CHECK(cookie_a("Cookie: b=2\r\ncookie: a=1\r\n") == "1");
}

TEST_CASE("its value is what is behind the first equals sign") {
  CHECK(cookie_a("Cookie: a=b=c\r\n") == "b=c");
  CHECK(cookie_a("Cookie: a=\r\n") == "");
  CHECK(cookie_a("Cookie: a\r\n") == "");
  CHECK(cookie_a("Cookie: a=\"quoted\"\r\n") == "quoted");
  CHECK(cookie_a("Cookie: a=\"\r\n") == "\"");
  CHECK(cookie_a("Cookie: a=\"\"\r\n") == "");
}

TEST_CASE("of several with one name the first counts") {
  CHECK(cookie_a("Cookie: a=1; a=2\r\n") == "1");
  CHECK(cookie_a("Cookie: a=1\r\nCookie: a=2\r\n") == "1");
}

TEST_CASE("another name is another cookie") {
  for (const std::string fields :
       {"", "Cookie: \r\n", "Cookie: ;;=;\r\n", "Cookie: A=1\r\n",
        "Cookie: aa=1\r\n", "Cookie: b=a=1\r\n", "Cookies: a=1\r\n",
        "X: a=1\r\n", "Cookie: \"a\"=1\r\n"}) {
    CAPTURE(fields);
    CHECK(cookie_a(fields) == "none");
  }
}

}  // namespace
}  // namespace rivulet::http

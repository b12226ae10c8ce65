// Tests http/query.h: pairs of a query, as browsers and forms write them.
#include "http/query.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace rivulet::http {
namespace {

using namespace std::string_literals;
using Values = std::vector<std::string>;

TEST_CASE("the values of a name are found in order") {
  CHECK(query_values("a=1&b=2&a=3", "a") == Values{"1", "3"});
  CHECK(query_values("a=1&b=2&a=3", "b") == Values{"2"});
  CHECK(query_values("a=1&b=2&a=3", "c") == Values{});
  CHECK(query_values("", "a") == Values{});
}

TEST_CASE("a name is compared whole, in its case") {
  for (const std::string query : {"ab=1", "A=1", "=a", "b=a", "b=a=1", "a%3D=1",
                                  "?a=1", " a=1", "xa=1"}) {
    CAPTURE(query);
    CHECK(query_values(query, "a") == Values{});
  }
}

TEST_CASE("an empty value, or none, is a value") {
  CHECK(query_values("a", "a") == Values{""});
  CHECK(query_values("a=", "a") == Values{""});
  CHECK(query_values("a&a=&a=x", "a") == Values{"", "", "x"});
}

TEST_CASE("only the first equals sign divides a pair") {
  CHECK(query_values("a==", "a") == Values{"="});
  CHECK(query_values("a=b=c", "a") == Values{"b=c"});
}

TEST_CASE("empty pairs are nothing") {
  CHECK(query_values("&&a=1&&", "a") == Values{"1"});
  CHECK(query_values("&", "a") == Values{});
}

TEST_CASE("values are percent-decoded, and a plus is a space") {
  CHECK(query_values("a=x+y%20z", "a") == Values{"x y z"});
  CHECK(query_values("a=%2B%26%3d%25", "a") == Values{"+&=%"});
  CHECK(query_values("a=%C3%A9é", "a") == Values{"éé"});
  CHECK(query_values("a=%00%FF", "a") == Values{"\0\xFF"s});
}

TEST_CASE("a value that is badly encoded is told, if it is asked for") {
  for (const std::string value : {"%", "%4", "%zz", "a%", "%%41"}) {
    CAPTURE(value);
    CHECK(query_values("a=" + value, "a") == std::nullopt);
    CHECK(query_values("a=1&a=" + value, "a") == std::nullopt);
    CHECK(query_values("a=1&b=" + value, "a") == Values{"1"});
  }
}

}  // namespace
}  // namespace rivulet::http

// Tests server/client_id.h: what may be a client's id.
#include "server/client_id.h"

#include <doctest/doctest.h>

#include <string>

namespace rivulet::server {
namespace {

using namespace std::string_literals;

bool good(std::string_view id) {
  const auto refusal = check_client_id(id);
  if (!refusal) return true;
  CHECK(refusal->status == http::Status::kBadRequest);
  CHECK(refusal->body.ends_with('\n'));
  return false;
}

TEST_CASE("an id has 1 to 128 bytes") {
  CHECK_FALSE(good(""));
  CHECK(good("a"));
  CHECK(good(std::string(127, 'a')));
  CHECK(good(std::string(128, 'a')));
  CHECK_FALSE(good(std::string(129, 'a')));
}

TEST_CASE("an id is measured in bytes, not in letters") {
  std::string id;
  for (int i = 0; i < 64; ++i) id += "á";
  CHECK(good(id));
  CHECK_FALSE(good(id + "a"));
}

TEST_CASE("an id holds any text but control characters") {
  for (const std::string id : {"1234", "ana maria", "a/b", "á🦀", "\"<&>'\\",
                               "..", "*", " ", "\u00A0"}) {
    CAPTURE(id);
    CHECK(good(id));
  }
  for (const std::string& id : {"\0"s, "a\nb"s, "a\r"s, "\t"s, "\x1B"s, "\x7F"s,
                                "\u0085"s, "a\u009F"s}) {
    CAPTURE(id);
    CHECK_FALSE(good(id));
  }
}

}  // namespace
}  // namespace rivulet::server

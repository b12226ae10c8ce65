// Tests server/names.h: what may be the name of a client or a topic.
#include "server/names.h"

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

bool good_topic(std::string_view topic) {
  const auto refusal = check_topic(topic);
  if (!refusal) return true;
  CHECK(refusal->status == http::Status::kBadRequest);
  CHECK(refusal->body.ends_with('\n'));
  return false;
}

TEST_CASE("a topic has 1 to 128 bytes") {
  CHECK_FALSE(good_topic(""));
  CHECK(good_topic("a"));
  CHECK(good_topic(std::string(128, 'a')));
  CHECK_FALSE(good_topic(std::string(129, 'a')));
}

TEST_CASE("a topic is a word of UTF-8 without what is kept for patterns") {
  for (const std::string topic : {"news", "a/b", "a.b", "a:b", "á🦀", "-",
                                  "$x", "?", "%41", "\"<&>"}) {
    CAPTURE(topic);
    CHECK(good_topic(topic));
  }
  for (const std::string& topic :
       {" "s, "a b"s, " a"s, "a "s, "*"s, "a/*"s, "#"s, "a#"s, "+"s, "a+b"s,
        ","s, "a,b"s, "\t"s, "a\n"s, "\0"s, "\x7F"s, "\u0085"s, "\xFF"s,
        "a\xC3"s}) {
    CAPTURE(topic);
    CHECK_FALSE(good_topic(topic));
  }
}

TEST_CASE("a client id may hold what a topic may not") {
  CHECK(good("a b,c*#+"));
}

}  // namespace
}  // namespace rivulet::server

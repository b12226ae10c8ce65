// Tests hub/event_id.h: the one spelling of an id, and nothing else.
#include "hub/event_id.h"

#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <string>

namespace rivulet::hub {
namespace {

using namespace std::string_literals;

TEST_CASE("an id is its epoch in hexadecimal and its number in decimal") {
  CHECK(to_string({0x193a1b2c3d4, 17}) == "193a1b2c3d4-17");
  CHECK(to_string({0, 0}) == "0-0");
}

TEST_CASE("what has been written is read again") {
  constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();
  const std::array<uint64_t, 7> values{0,        1,           9,    10,
                                       0xabcdef, 1ULL << 63U, kMost};
  for (const uint64_t epoch : values) {
    for (const uint64_t sequence : values) {
      const EventId id{epoch, sequence};
      CHECK(parse_event_id(to_string(id)) == id);
    }
  }
}

TEST_CASE("any other text is no id") {
  for (const std::string& text : {""s,
                                  "-"s,
                                  "1"s,
                                  "1-"s,
                                  "-1"s,
                                  "1-1-1"s,
                                  "1--1"s,
                                  "1-a"s,
                                  "g-1"s,
                                  "A-1"s,
                                  "01-1"s,
                                  "1-01"s,
                                  "+1-1"s,
                                  "1-+1"s,
                                  " 1-1"s,
                                  "1-1 "s,
                                  "1 -1"s,
                                  "0x1-1"s,
                                  "1-0x1"s,
                                  "1-1\0"s,
                                  "1-18446744073709551616"s,
                                  "10000000000000000-1"s,
                                  "1-1.0"s,
                                  "latest"s,
                                  "0"s}) {
    CAPTURE(text);
    CHECK(parse_event_id(text) == std::nullopt);
  }
}

}  // namespace
}  // namespace rivulet::hub

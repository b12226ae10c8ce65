// Tests sse/event_parser.h: what is refused, and that nothing grows.
#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "event_reading.h"
#include "sse/event_parser.h"

namespace rivulet::sse {
namespace {

using namespace std::string_literals;
using Fault = EventParser::Fault;
using test::Events;
using test::events_of;
using test::read_stream;

Fault fault_of(std::string_view bytes, size_t limit = test::kRoomyEvent) {
  return read_stream(bytes, limit).fault;
}

TEST_CASE("an event may be as large as the limit, and not larger") {
  const std::string data(10, 'x');
  CHECK(events_of("data: " + data + "\n\n", 11) == Events{data});
  CHECK(events_of("data: " + data + "\n\n", 10) == Events{data});
  CHECK(fault_of("data: " + data + "\n\n", 9) == Fault::kTooLarge);
}

TEST_CASE("line ends between lines of data count, the last does not") {
  const std::string stream = "data: abc\ndata: def\ndata\n\n";
  CHECK(events_of(stream, 8) == Events{"abc\ndef\n"});
  CHECK(fault_of(stream, 7) == Fault::kTooLarge);
}

TEST_CASE("the name counts, wherever it stands") {
  for (const std::string stream :
       {"event: ab\ndata: cde\n\n", "data: cde\nevent: ab\n\n",
        "event: xyz\ndata: cde\nevent: ab\n\n"}) {
    CAPTURE(stream);
    CHECK(events_of(stream, 5) == Events{"ab|cde"});
    CHECK(events_of(stream, 6) == Events{"ab|cde"});
    CHECK(fault_of(stream, 4) == Fault::kTooLarge);
  }
}

TEST_CASE("a name alone cannot be larger than an event") {
  CHECK(events_of("event: abcde\n\ndata: a\n\n", 5) == Events{"a"});
  CHECK(fault_of("event: abcdef\n\ndata: a\n\n", 5) == Fault::kTooLarge);
}

TEST_CASE("the limit is for each event, not for the stream") {
  const std::string one = "event: ab\ndata: cde\n\n";
  std::string stream;
  for (int n = 0; n < 100; ++n) stream += one;
  CHECK(events_of(stream, 5).size() == 100);
}

TEST_CASE("events before a fault are found, and none after it") {
  for (const std::string& bad :
       {"data: abcdefgh\n\n"s, "data: \xFF\n\n"s, "data: \0\n\n"s}) {
    const auto read =
        read_stream("data: a\n\ndata: b\n\n" + bad + "data: c\n\n", 5);
    CHECK(read.fault != Fault::kNone);
    CHECK(read.events == Events{"a", "b"});
  }
}

TEST_CASE("an event that is too large is refused before it is over") {
  EventParser parser(10);
  CHECK(parser.feed("data: 0123456789") == 16);
  CHECK(parser.fault() == Fault::kNone);
  (void)parser.feed("0");
  CHECK(parser.fault() == Fault::kTooLarge);
}

TEST_CASE("data and names are UTF-8") {
  CHECK(events_of("event: é\ndata: 🦀\n\n") == Events{"é|🦀"});
  for (const std::string bad : {"\xFF", "\xC3", "\xC0\x80", "\xED\xA0\x80",
                                "\xF4\x90\x80\x80", "a\x80"}) {
    CHECK(fault_of("data: " + bad + "\n\n") == Fault::kNotUtf8);
    CHECK(fault_of("event: " + bad + "\ndata: a\n\n") == Fault::kNotUtf8);
  }
}

TEST_CASE("half a letter at the end of a line is not completed by the next") {
  CHECK(fault_of("data: \xC3\ndata: \xA9\n\n") == Fault::kNotUtf8);
}

TEST_CASE("data and names hold no NUL") {
  CHECK(fault_of("data: a\0b\n\n"s) == Fault::kNul);
  CHECK(fault_of("event: a\0b\ndata: a\n\n"s) == Fault::kNul);
}

TEST_CASE("what is not an event's is not looked at") {
  CHECK(events_of(":\xFF\0\n\xFF: \0\nid: \0\xFF\n"s + "data: a\n\n") ==
        Events{"a"});
  CHECK(events_of("event: \xFF\nevent: e\ndata: a\n\n") == Events{"e|a"});
  CHECK(events_of("event: \xFF\n\ndata: a\n\n") == Events{"a"});
  CHECK(events_of("data: \xFF").empty());
}

TEST_CASE("no stream makes a parser hold much more than two events") {
  constexpr size_t kLimit = 1'000;
  // A line, the data and the name, each with what doubling leaves unused.
  constexpr size_t kMost = 3 * (2 * kLimit + 100);
  const std::string data_line = "data: " + std::string(100, 'x') + "\n";
  for (const std::string& endless :
       {"x"s, ":"s, "data"s, "data: x"s, "event: x"s, "event: x\n"s, "data\n"s,
        data_line, "e"s, "id: 7\n"s, "\xEF"s, "\xEF\xBB\xBF"s, "\0"s}) {
    CAPTURE(endless);
    test::EventReading reading(kLimit);
    for (int n = 0; n < 5'000; ++n) {
      reading.feed_piece(endless);
      REQUIRE(reading.parser.held_bytes() <= kMost);
      if (reading.parser.fault() != Fault::kNone) break;
    }
  }
}

TEST_CASE("streams made at random never depend on their pieces") {
  const std::vector<std::string> words{
      "data", "event", "id",   "retry", ":",   ": ",   "\n",
      "\r",   "\r\n",  "\n\n", "a",     "é",   "\xC3", "\0"s,
      "\xEF", "\xBB",  "\xBF", "data:", "xyz", " ",    "data: a\n\n"};
  std::mt19937 random(7);
  for (int round = 0; round < 5'000; ++round) {
    std::string stream;
    for (size_t n = random() % 30; n > 0; --n) {
      stream += words[random() % words.size()];
    }
    (void)read_stream(stream, 1 + random() % 12);
  }
}

}  // namespace
}  // namespace rivulet::sse

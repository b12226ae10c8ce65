// Tests sse/event_parser.h: the rules of the HTML standard (§9.2.6), whatever
// the pieces. Limits and faults: event_parser_limits_test.cpp.
#include "sse/event_parser.h"

#include <doctest/doctest.h>

#include <string>

#include "event_reading.h"

namespace rivulet::sse {
namespace {

using namespace std::string_literals;
using test::Events;
using test::events_of;

constexpr std::string_view kMark = "\xEF\xBB\xBF";

TEST_CASE("an event is complete at its blank line") {
  CHECK(events_of("data: a\n\n") == Events{"a"});
  CHECK(events_of("data: a\n\ndata: b\n\n") == Events{"a", "b"});
  CHECK(events_of("event: e\ndata: a\n\n") == Events{"e|a"});
}

TEST_CASE("what stands after the last blank line is no event") {
  for (const std::string rest :
       {"data: b", "data: b\n", "event: e\n", "d", ": comment", "data: b\r"}) {
    CAPTURE(rest);
    CHECK(events_of("data: a\n\n" + rest) == Events{"a"});
  }
  CHECK(events_of("").empty());
  CHECK(events_of("data: a").empty());
  CHECK(events_of("data: a\n").empty());
}

TEST_CASE("lines end with CR, LF or CRLF, in any mixture") {
  for (const std::string end : {"\n", "\r", "\r\n"}) {
    for (const std::string blank : {"\n", "\r", "\r\n"}) {
      if (end == "\r" && blank == "\n") continue;  // that is one CRLF
      CAPTURE(end);
      CAPTURE(blank);
      std::string stream = "event: e" + end + "data: a" + end + blank;
      CHECK(events_of(stream) == Events{"e|a"});
      stream = "data: a\r\ndata: b\ndata: c\rdata: d" + end + blank;
      CHECK(events_of(stream + stream) == Events{"a\nb\nc\nd", "a\nb\nc\nd"});
    }
  }
}

TEST_CASE("a CRLF is one line end, also when it is cut") {
  CHECK(events_of("data: a\r\ndata: b\r\n\r\n") == Events{"a\nb"});
  test::EventReading reading(100);
  reading.feed_piece("data: a\r");
  reading.feed_piece("\ndata: b\r");
  CHECK(reading.events.empty());
  reading.feed_piece("\n\r");
  CHECK(reading.events == Events{"a\nb"});
  reading.feed_piece("\n");
  reading.feed_piece("data: c\n\n");
  CHECK(reading.events == Events{"a\nb", "c"});
}

TEST_CASE("LF CR is two line ends") {
  CHECK(events_of("data: a\n\rdata: b\n\r") == Events{"a", "b"});
}

TEST_CASE("an event is out at the CR: it does not wait for a LF") {
  EventParser parser(100);
  CHECK(parser.feed("data: a\r\n\r") == 10);
  CHECK(parser.has_event());
  CHECK(parser.data() == "a");
  CHECK(parser.feed("\n") == 1);
  CHECK_FALSE(parser.has_event());
}

TEST_CASE("feeding stops at the end of an event and forgets it afterwards") {
  EventParser parser(100);
  const std::string_view stream = "event: e\ndata: a\n\ndata: b\n\n";
  CHECK(parser.feed(stream) == 18);
  CHECK(parser.has_event());
  CHECK(parser.name() == "e");
  CHECK(parser.feed(stream.substr(18)) == 9);
  CHECK(parser.name() == "");
  CHECK(parser.data() == "b");
  CHECK(parser.feed("data") == 4);
  CHECK_FALSE(parser.has_event());
}

TEST_CASE("one byte order mark may open the stream") {
  const std::string mark(kMark);
  CHECK(events_of(mark + "data: a\n\n") == Events{"a"});
  CHECK(events_of(mark + "event: e\ndata: a\n\n") == Events{"e|a"});
  CHECK(events_of(mark + "\ndata: a\n\n") == Events{"a"});
  CHECK(events_of(mark + ": x\ndata: a\n\n") == Events{"a"});
  CHECK(events_of(mark).empty());
}

TEST_CASE("a second mark, a later one and half of one are no mark") {
  const std::string mark(kMark);
  CHECK(events_of(mark + mark + "data: a\n\n").empty());
  CHECK(events_of("\n" + mark + "data: a\n\n").empty());
  CHECK(events_of("data: a\n\n" + mark + "data: b\n\n") == Events{"a"});
  CHECK(events_of(mark + "\n" + mark + "data: a\n\n").empty());
  for (const std::string half : {"\xEF", "\xEF\xBB", "\xEF\xBB\xBE", "\xBF"}) {
    CHECK(events_of(half + "data: a\n\ndata: b\n\n") == Events{"b"});
    CHECK(events_of(half + "\ndata: b\n\n") == Events{"b"});
  }
}

TEST_CASE("a mark within data is data") {
  const std::string mark(kMark);
  CHECK(events_of("data: " + mark + "\n\n") == Events{mark});
  CHECK(events_of("data:" + mark + "a\n\n") == Events{mark + "a"});
}

TEST_CASE("comments say nothing, of any length") {
  for (const size_t size :
       {size_t{0}, size_t{1}, size_t{100}, size_t{10'000}}) {
    const std::string comment = ":" + std::string(size, 'x') + "\n";
    CHECK(events_of(comment + "data: a\n" + comment + "data: b\n\n", 3) ==
          Events{"a\nb"});
  }
  CHECK(events_of(":data: a\n\n").empty());
  CHECK(events_of(": \xFF\0\n"s + "data: a\n\n") == Events{"a"});
}

TEST_CASE("unknown fields say nothing, of any length") {
  const std::string many(10'000, 'y');
  for (const std::string& field :
       {"foo: bar"s, "foo"s, "datas: a"s, "dat: a"s, "Data: a"s, "DATA: a"s,
        "data : a"s, " data: a"s, "\tdata: a"s, "events: a"s, "even"s,
        many + ": a", "foo: " + many, "data" + many, "event" + many + ": x",
        "\xFF\xFE: x"s, "\0data: x"s}) {
    CAPTURE(field.substr(0, 20));
    CHECK(events_of(field + "\n\n", 3).empty());
    CHECK(events_of("data: a\n" + field + "\ndata: b\n\n", 3) ==
          Events{"a\nb"});
    CHECK(events_of("data: c\n\n" + field) == Events{"c"});
  }
}

TEST_CASE("id and retry are about the publisher's connection") {
  for (const std::string field :
       {"id: 7", "id", "id:", "retry: 10", "retry: x", "retry"}) {
    CAPTURE(field);
    CHECK(events_of(field + "\ndata: a\n" + field + "\n\n") == Events{"a"});
    CHECK(events_of(field + "\n\n").empty());
  }
}

TEST_CASE("one space after the colon is left out, and no more") {
  CHECK(events_of("data:a\n\n") == Events{"a"});
  CHECK(events_of("data: a\n\n") == Events{"a"});
  CHECK(events_of("data:  a \n\n") == Events{" a "});
  CHECK(events_of("data:\ta\n\n") == Events{"\ta"});
  CHECK(events_of("data: \n\n") == Events{""});
  CHECK(events_of("event:  e\ndata:a\n\n") == Events{" e|a"});
}

TEST_CASE("only the first colon divides a line") {
  CHECK(events_of("data: a: b\n\n") == Events{"a: b"});
  CHECK(events_of("data::a\n\n") == Events{":a"});
  CHECK(events_of("data: : a\n\n") == Events{": a"});
}

TEST_CASE("a field without a colon has an empty value") {
  CHECK(events_of("data\n\n") == Events{""});
  CHECK(events_of("data\ndata\n\n") == Events{"\n"});
  CHECK(events_of("data: a\ndata\ndata: b\n\n") == Events{"a\n\nb"});
  CHECK(events_of("event: e\nevent\ndata: a\n\n") == Events{"a"});
}

TEST_CASE("an empty value is a value") {
  CHECK(events_of("data:\n\n") == Events{""});
  CHECK(events_of("data: \ndata: \n\n") == Events{"\n"});
}

TEST_CASE("lines of data are joined with LF") {
  CHECK(events_of("data: a\ndata: b\ndata: c\n\n") == Events{"a\nb\nc"});
  CHECK(events_of("data:\ndata: b\ndata:\n\n") == Events{"\nb\n"});
}

TEST_CASE("of several names the last one counts, and for one event only") {
  CHECK(events_of("event: e\nevent: f\ndata: a\n\n") == Events{"f|a"});
  CHECK(events_of("data: a\nevent: e\n\n") == Events{"e|a"});
  CHECK(events_of("event: e\ndata: a\n\ndata: b\n\n") == Events{"e|a", "b"});
}

TEST_CASE("an event without data is none, and its name is forgotten") {
  CHECK(events_of("event: e\n\ndata: a\n\n") == Events{"a"});
  CHECK(events_of("\n\n\n").empty());
  CHECK(events_of("\r\r\n\n").empty());
  CHECK(events_of("event: e\nid: 1\n\n").empty());
}

TEST_CASE("the standard's own examples are read as it says") {
  CHECK(events_of("data: YHOO\ndata: +2\ndata: 10\n\n") ==
        Events{"YHOO\n+2\n10"});
  CHECK(events_of(": test stream\n\ndata: first event\nid: 1\n\n"
                  "data:second event\nid\n\ndata:  third event\n\n") ==
        Events{"first event", "second event", " third event"});
  CHECK(events_of("data\n\ndata\ndata\n\ndata:") == Events{"", "\n"});
  CHECK(events_of("data:test\n\ndata: test\n\n") == Events{"test", "test"});
}

}  // namespace
}  // namespace rivulet::sse

// Reads event streams with sse/event_parser.h for a test: in one piece and in
// several, which must come to the same.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sse/event_parser.h"

namespace rivulet::test {

using Events = std::vector<std::string>;

// What a parser has made of a stream. An event is "data", or "name|data" when
// it has a name.
struct EventReading {
  explicit EventReading(size_t max_event_bytes) : parser(max_event_bytes) {}

  // Feeds `bytes` in pieces of `size`, until there is a fault.
  void feed(std::string_view bytes, size_t size) {
    while (!bytes.empty()) {
      const std::string_view piece = bytes.substr(0, size);
      bytes.remove_prefix(piece.size());
      feed_piece(piece);
      if (parser.fault() != sse::EventParser::Fault::kNone) return;
    }
  }

  // From memory of just its size, so that reading past it is found out.
  void feed_piece(std::string_view piece) {
    const std::unique_ptr<char[]> copy(new char[piece.size()]);
    piece.copy(copy.get(), piece.size());
    std::string_view rest(copy.get(), piece.size());
    while (!rest.empty()) {
      const size_t used = parser.feed(rest);
      REQUIRE(used > 0);
      REQUIRE(used <= rest.size());
      rest.remove_prefix(used);
      if (parser.fault() != sse::EventParser::Fault::kNone) return;
      if (parser.has_event()) {
        keep();
      } else {
        REQUIRE(rest.empty());
      }
    }
  }

  void keep() {
    const std::string name(parser.name());
    events.push_back((name.empty() ? "" : name + "|") +
                     std::string(parser.data()));
  }

  sse::EventParser parser;
  Events events;
};

struct ReadEvents {
  Events events;
  sse::EventParser::Fault fault = sse::EventParser::Fault::kNone;
};

inline constexpr size_t kRoomyEvent = size_t{64} * 1024;

inline ReadEvents read_stream(std::string_view bytes,
                              size_t max_event_bytes = kRoomyEvent) {
  EventReading whole(max_event_bytes);
  whole.feed(bytes, bytes.size());
  for (const size_t size : {size_t{1}, size_t{2}, size_t{3}, size_t{7}}) {
    EventReading pieces(max_event_bytes);
    pieces.feed(bytes, size);
    INFO("in pieces of " << size << ": " << std::string(bytes.substr(0, 300)));
    CHECK(pieces.events == whole.events);
    CHECK(pieces.parser.fault() == whole.parser.fault());
  }
  return {whole.events, whole.parser.fault()};
}

// Of a stream without a fault.
inline Events events_of(std::string_view bytes,
                        size_t max_event_bytes = kRoomyEvent) {
  ReadEvents read = read_stream(bytes, max_event_bytes);
  CHECK(read.fault == sse::EventParser::Fault::kNone);
  return read.events;
}

}  // namespace rivulet::test

// An independent reader of event streams, written from the HTML standard
// (§9.2.6) in the slow and obvious way: it has the whole text at once and
// shares nothing with src/sse. Faults are those of src/sse/event_parser.h.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rivulet::fuzz {

enum class EventFault { kNone, kTooLarge, kNul, kNotUtf8 };

struct ModelEvent {
  std::string name;
  std::string data;
};

struct ModelEvents {
  std::vector<ModelEvent> events;
  EventFault fault = EventFault::kNone;  // of what follows them
};

ModelEvents model_read_stream(std::string_view text, size_t max_event_bytes);

}  // namespace rivulet::fuzz

// The ids that events carry on the wire: "193a1b2c3d4-17", an epoch in
// hexadecimal and a sequence number in decimal.
//
// The sequence numbers events from 1 in the order in which they were
// published. The epoch is another one whenever numbers start anew because the
// history was lost, so that an id of yesterday's server is not taken for one
// of today's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rivulet::hub {

struct EventId {
  uint64_t epoch = 0;
  uint64_t sequence = 0;

  friend bool operator==(const EventId&, const EventId&) = default;
};

[[nodiscard]] std::string to_string(EventId id);

// Nothing when `text` is no id that to_string() has written.
[[nodiscard]] std::optional<EventId> parse_event_id(std::string_view text);

}  // namespace rivulet::hub

// The ids that events carry on the wire, in one of two notations.
//
//   own    "193a1b2c3d4-17"     an epoch in hexadecimal, a sequence in decimal
//   Redis  "1700000000000-0"    the id of an entry of a Redis stream, whose
//                               first part counts milliseconds, in decimal
//
// Our own sequence numbers events from 1 in the order in which they were
// published. The epoch is another one whenever numbers start anew because the
// history was lost, so that an id of yesterday's server is not taken for one
// of today's. Ids of Redis are the same on every server that reads from it.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rivulet::hub {

struct EventId {
  uint64_t epoch = 0;
  uint64_t sequence = 0;

  // In the order in which Redis gives them.
  // NOLINTNEXTLINE(modernize-use-nullptr): of what the compiler makes of it
  friend auto operator<=>(const EventId&, const EventId&) = default;
};

// The one right before `id`, which is not zero, among all ids of Redis.
[[nodiscard]] EventId predecessor(EventId id);

enum class IdSystem : uint8_t { kOwn, kRedis };

// As it stands on the wire; parse_event_id() reads it back.
[[nodiscard]] std::string to_string(EventId id,
                                    IdSystem system = IdSystem::kOwn);

// The same of one that Redis gave.
[[nodiscard]] inline std::string redis_text(EventId id) {
  return to_string(id, IdSystem::kRedis);
}

// Nothing when `text` is no id that to_string() has written.
[[nodiscard]] std::optional<EventId> parse_event_id(
    std::string_view text, IdSystem system = IdSystem::kOwn);

}  // namespace rivulet::hub

// What Redis holds of an event: one entry of a stream, a flat list of fields.
//
//   1700000000000-0   d hello   n status   t sport   t news   o 5f0c.17
//   id                data      event:     topics             who published it
//
//   c  the client it is for        r  retry: in milliseconds
//   k  ends a client's streams     e  a new history begins
//
// Whoever has access to Redis may add entries of his own, by hand too: `XADD
// rivulet:events * d hello` is an event for everybody. So what comes from there
// is checked for all that could break a stream: UTF-8, NUL, control characters.
// Its sizes are not: who may write to Redis is trusted with memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/redis_connection.h"
#include "hub/event_id.h"
#include "hub/hub.h"
#include "sse/event.h"

namespace rivulet::cluster {

enum class EntryKind : uint8_t {
  kEvent,
  kKick,   // the streams of `client` are to end
  kEpoch,  // what was before is gone; `origin` names it
};

// Views into the reply that it was read from, but for the topics.
struct Entry {
  hub::EventId id;
  EntryKind kind = EntryKind::kEvent;
  std::string_view client;
  std::vector<std::string> topics;
  sse::Event event;
  std::string_view origin;

  [[nodiscard]] hub::Target target() const { return {client, topics}; }
};

// The id of an entry; nothing when `reply` is none.
[[nodiscard]] std::optional<hub::EventId> entry_id(const RedisReply& reply);

// Nothing when `reply` is no entry, or one that no instance would have written,
// such as an event without data, or for a client and for topics: then `id`, if
// that could be read, says which it was.
[[nodiscard]] std::optional<Entry> read_entry(const RedisReply& reply,
                                              hub::EventId& id);

// The fields of an event, to follow an XADD and its id: views into what is
// given, and into `retry`, which holds a number as text.
void append_fields(std::vector<std::string_view>& command,
                   const hub::Target& target, const sse::Event& event,
                   std::string_view origin, std::string& retry);

}  // namespace rivulet::cluster

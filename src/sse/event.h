// One event as its publisher means it (HTML standard, §9.2.6).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace rivulet::sse {

// Views: an event lives as long as the call that publishes it. What is kept is
// its encoding (sse/frame.h).
struct Event {
  // The `event:` field; empty for none, which clients read as "message". No
  // CR, LF or NUL: the caller has checked.
  std::string_view name;
  // The `data:` field: UTF-8 without NUL, of any number of lines.
  std::string_view data;
  // The `retry:` field: milliseconds until a client reconnects from now on.
  std::optional<uint64_t> retry{};
  // The `id:` field; empty for none. No CR, LF or NUL.
  std::string_view id{};
};

}  // namespace rivulet::sse

#include "hub/event_id.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>

namespace rivulet::hub {
namespace {

bool read_number(std::string_view text, int base, uint64_t& number) {
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number, base);
  return result.ec == std::errc() && result.ptr == end;
}

}  // namespace

EventId predecessor(EventId id) {
  if (id.sequence > 0) return {id.epoch, id.sequence - 1};
  return {id.epoch - 1, std::numeric_limits<uint64_t>::max()};
}

std::string to_string(EventId id, IdSystem system) {
  if (system == IdSystem::kRedis) {
    return fmt::format("{}-{}", id.epoch, id.sequence);
  }
  return fmt::format("{:x}-{}", id.epoch, id.sequence);
}

std::optional<EventId> parse_event_id(std::string_view text, IdSystem system) {
  constexpr int kHexadecimal = 16;
  constexpr int kDecimal = 10;
  const int of_epoch = system == IdSystem::kOwn ? kHexadecimal : kDecimal;
  const size_t dash = text.find('-');
  EventId id;
  if (dash == std::string_view::npos ||
      !read_number(text.substr(0, dash), of_epoch, id.epoch) ||
      !read_number(text.substr(dash + 1), kDecimal, id.sequence)) {
    return std::nullopt;
  }
  // Only its one spelling: no capitals, no leading zeros.
  if (to_string(id, system) != text) return std::nullopt;
  return id;
}

}  // namespace rivulet::hub

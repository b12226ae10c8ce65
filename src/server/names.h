// What may be the name of a client or a topic: 1 to 128 bytes of UTF-8 without
// control characters; in a topic, no blanks either, and none of `* # + ,`,
// which are kept free for patterns and lists.
#pragma once

#include <optional>
#include <string_view>

#include "http/response.h"

namespace rivulet::server {

inline constexpr size_t kMaxNameBytes = 128;

// The answer to a request with a name that is none; nothing for a good one.
[[nodiscard]] std::optional<http::Response> check_client_id(
    std::string_view id);
[[nodiscard]] std::optional<http::Response> check_topic(std::string_view topic);

}  // namespace rivulet::server

// What may be a client's id: 1 to 128 bytes of UTF-8 without control
// characters.
#pragma once

#include <optional>
#include <string_view>

#include "http/response.h"

namespace rivulet::server {

inline constexpr size_t kMaxClientIdBytes = 128;

// The answer to a request with an id that is none; nothing for a good one.
// `id` is valid UTF-8.
[[nodiscard]] std::optional<http::Response> check_client_id(
    std::string_view id);

}  // namespace rivulet::server

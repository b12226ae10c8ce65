#include "server/client_id.h"

#include <fmt/format.h>

#include "base/text.h"

namespace rivulet::server {

std::optional<http::Response> check_client_id(std::string_view id) {
  if (id.empty() || id.size() > kMaxClientIdBytes) {
    return http::error_response(
        http::Status::kBadRequest,
        fmt::format("a client id has 1 to {} bytes", kMaxClientIdBytes));
  }
  if (base::has_control_characters(id)) {
    return http::error_response(http::Status::kBadRequest,
                                "a client id holds no control characters");
  }
  return std::nullopt;
}

}  // namespace rivulet::server

#include "server/names.h"

#include <fmt/format.h>

#include <string>

#include "base/text.h"

namespace rivulet::server {
namespace {

constexpr std::string_view kNotInTopics = " *#+,";

std::optional<http::Response> check_name(std::string_view what,
                                         std::string_view name) {
  std::string fault;
  if (name.empty() || name.size() > kMaxNameBytes) {
    fault = fmt::format("has 1 to {} bytes", kMaxNameBytes);
  } else if (!base::is_valid_utf8(name)) {
    fault = "is UTF-8";
  } else if (base::has_control_characters(name)) {
    fault = "holds no control characters";
  }
  if (fault.empty()) return std::nullopt;
  return http::error_response(http::Status::kBadRequest,
                              fmt::format("a {} {}", what, fault));
}

}  // namespace

std::optional<http::Response> check_client_id(std::string_view id) {
  return check_name("client id", id);
}

std::optional<http::Response> check_topic(std::string_view topic) {
  if (auto refusal = check_name("topic", topic)) return refusal;
  if (topic.find_first_of(kNotInTopics) == std::string_view::npos) {
    return std::nullopt;
  }
  return http::error_response(
      http::Status::kBadRequest,
      "a topic holds no blank and none of the characters * # + ,");
}

}  // namespace rivulet::server

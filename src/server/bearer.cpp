#include "server/bearer.h"

#include <fmt/format.h>

#include "base/text.h"

namespace rivulet::server {

BearerField bearer_field(const http::Request& request) {
  size_t fields = 0;
  std::string_view credentials;
  request.for_each_header("authorization", [&](std::string_view value) {
    credentials = value;
    ++fields;
  });
  BearerField field{.ambiguous = fields > 1, .token = {}};
  const std::string_view scheme = base::take_until(credentials, ' ');
  if (base::equals_ignoring_case(scheme, "Bearer")) {
    field.token = base::trim(credentials);
  }
  return field;
}

http::Response bearer_refusal(http::Status status, std::string_view error,
                              std::string_view reason) {
  http::Response response = http::error_response(status, reason);
  response.fields = "WWW-Authenticate: Bearer realm=\"rivulet\"";
  if (!error.empty()) response.fields += fmt::format(", error=\"{}\"", error);
  response.fields += "\r\n";
  return response;
}

}  // namespace rivulet::server

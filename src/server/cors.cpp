#include "server/cors.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace rivulet::server {
namespace {

std::string_view origin_of(const http::Request& request) {
  return request.header("origin").value_or("");
}

// Whether `origin` is this server, by the name that the request calls it by.
// The scheme cannot be told: a proxy may have taken the TLS away.
bool is_own(std::string_view origin, const http::Request& request) {
  const size_t mark = origin.find("://");
  const auto host = request.header("host");
  return mark != std::string_view::npos && host && !host->empty() &&
         base::equals_ignoring_case(origin.substr(mark + 3), *host);
}

// Whether a page of another origin has sent this, as far as browsers tell.
bool from_elsewhere(const http::Request& request) {
  if (const auto site = request.header("sec-fetch-site")) {
    return *site != "same-origin" && *site != "none";  // none: the user did
  }
  const auto origin = request.header("origin");
  return origin && !is_own(*origin, request);
}

}  // namespace

bool Cors::listed(std::string_view origin) const {
  const auto& origins = settings_.allow_origins;
  return std::ranges::find(origins, origin) != origins.end();
}

std::string Cors::sharing_fields(const http::Request& request) const {
  if (any_may_read()) return "Access-Control-Allow-Origin: *\r\n";
  // Caches must not give one page what was said to another.
  constexpr const char* kVary = "Vary: Origin\r\n";
  const std::string_view origin = origin_of(request);
  if (!listed(origin)) return kVary;
  return fmt::format(
      "Access-Control-Allow-Origin: {}\r\n"
      "Access-Control-Allow-Credentials: true\r\n{}",
      origin, kVary);
}

std::string Cors::preflight_fields(const http::Request& request,
                                   std::string_view methods) const {
  std::string fields = sharing_fields(request);
  if (!any_may_read() && !listed(origin_of(request))) return fields;
  fields += fmt::format(
      "Access-Control-Allow-Methods: {}\r\n"
      "Access-Control-Allow-Headers: Authorization, Cache-Control, "
      "Content-Type, Last-Event-ID\r\n"
      "Access-Control-Max-Age: 86400\r\n",
      methods);
  return fields;
}

std::optional<http::Response> Cors::publish_refusal(
    const http::Request& request) const {
  if (!from_elsewhere(request) || listed(origin_of(request))) {
    return std::nullopt;
  }
  return http::error_response(
      http::Status::kForbidden,
      "pages of another origin may publish when allow-origin lists it");
}

}  // namespace rivulet::server

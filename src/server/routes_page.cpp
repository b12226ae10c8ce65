// GET / and the files of the page.
#include <utility>

#include "base/text.h"
#include "server/routes.h"

namespace rivulet::server {
namespace {

constexpr std::string_view kIndex = "index.html";

// Only what the page itself is made of: no script or style in the HTML, no
// other host, no frame around it (CSP3). Files are checked again each time,
// for a new binary may bring new ones.
constexpr const char* kPageFields =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; "
    "style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cache-Control: no-cache\r\n"
    "Vary: Accept-Encoding\r\n";

std::string_view file_name(std::string_view path) {
  return path == "/" ? kIndex : path.substr(1);
}

// "gzip", not "gzip;q=0" (RFC 9110 §12.5.3). Whoever only says "*" gets what
// everybody understands.
bool means_gzip(std::string_view item) {
  const std::string_view coding = base::trim(base::take_until(item, ';'));
  std::string_view weight = base::trim(item);
  base::take_until(weight, '=');
  const bool refused = !weight.empty() &&
                       weight.find_first_not_of("0.") == std::string_view::npos;
  return base::equals_ignoring_case(coding, "gzip") && !refused;
}

bool takes_gzip(const http::Request& request) {
  bool takes = false;
  request.for_each_header("accept-encoding", [&](std::string_view list) {
    while (!list.empty()) {
      takes = means_gzip(base::take_until(list, ',')) || takes;
    }
  });
  return takes;
}

}  // namespace

bool is_page_file(std::string_view path, const Context& context) {
  return path.starts_with('/') && context.page.contains(file_name(path));
}

Outcome get_page(const Call& call) {
  auto file = call.context.page.find(file_name(call.request.path()),
                                     takes_gzip(call.request));
  if (!file) {
    return http::error_response(http::Status::kNotFound,
                                "this file of the page is missing");
  }
  http::Response response{.content_type = file->content_type,
                          .body = std::move(file->content),
                          .fields = kPageFields};
  if (file->gzip) response.fields += "Content-Encoding: gzip\r\n";
  return response;
}

}  // namespace rivulet::server

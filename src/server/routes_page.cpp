// GET / and the files of the page.
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
    "Cache-Control: no-cache\r\n";

std::string_view file_name(std::string_view path) {
  return path == "/" ? kIndex : path.substr(1);
}

}  // namespace

bool is_page_file(std::string_view path, const Context& context) {
  return path.starts_with('/') && context.page.contains(file_name(path));
}

Outcome get_page(const Call& call) {
  auto file = call.context.page.find(file_name(call.request.path()));
  if (!file) {
    return http::error_response(http::Status::kNotFound,
                                "this file of the page is missing");
  }
  return http::Response{.content_type = file->content_type,
                        .body = std::move(file->content),
                        .fields = kPageFields};
}

}  // namespace rivulet::server

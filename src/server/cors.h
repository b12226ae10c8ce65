// What pages of other origins may do here: read answers (Fetch standard, "CORS
// protocol"), and publish. The only place that writes CORS fields.
//
// Reading follows `allow-origin`: pages of any origin, or of those that are
// listed, which may then send cookies, too. Publishing takes more: CORS keeps a
// page from reading an answer, not from making a request, so a stranger's page
// could otherwise have each visitor's browser publish on a server that only the
// visitor reaches. Only a listed origin may; `*` lists nobody.
//
// Browsers tell where a request comes from in Sec-Fetch-Site (Fetch Metadata),
// which no page can forge, and, over plain HTTP and in old ones, for all but
// simple GETs, in Origin. What is no browser sends neither and goes on as ever.
// What neither can tell (a GET by an image, over plain HTTP) takes a token.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/request.h"
#include "http/response.h"
#include "server/settings.h"

namespace rivulet::server {

class Cors {
 public:
  // `settings` may change, and must outlive it.
  explicit Cors(const Settings& settings) : settings_(settings) {}

  // Field lines that let the page which has sent `request` read the answer, as
  // far as it may.
  [[nodiscard]] std::string sharing_fields(const http::Request& request) const;

  // For the answer to a preflight (Fetch standard, "CORS-preflight request"):
  // the same, and that `methods` may be used there, with the fields that this
  // server reads.
  [[nodiscard]] std::string preflight_fields(const http::Request& request,
                                             std::string_view methods) const;

  // 403 for a publish by a page of another origin that is not listed.
  [[nodiscard]] std::optional<http::Response> publish_refusal(
      const http::Request& request) const;

 private:
  [[nodiscard]] bool any_may_read() const {
    return settings_.allow_origins.empty();
  }
  [[nodiscard]] bool listed(std::string_view origin) const;

  const Settings& settings_;
};

}  // namespace rivulet::server

// GET /clients: who is connected.
#include "base/text.h"
#include "server/routes.h"

namespace rivulet::server {

Outcome get_clients(const Call& call) {
  std::string body = "[";
  call.context.hub.for_each_client([&body](std::string_view id) {
    if (body.size() > 1) body += ',';
    base::append_json_string(body, id);
  });
  body += ']';
  return http::Response{.content_type = "application/json",
                        .body = std::move(body),
                        .fields = "Cache-Control: no-store\r\n"};
}

}  // namespace rivulet::server

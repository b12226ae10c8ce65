// GET /stream/:id: the connection becomes the event stream of that client.
#include <string>

#include "base/text.h"
#include "server/client_id.h"
#include "server/routes.h"

namespace rivulet::server {

Outcome get_stream(const Call& call) {
  const std::string& id = call.parameters[0];
  if (auto refusal = check_client_id(id)) return std::move(*refusal);
  if (call.context.draining) {
    return http::error_response(http::Status::kServiceUnavailable,
                                "the server is shutting down");
  }
  return OpenStream{id};
}

}  // namespace rivulet::server

// What a route makes of a request, as data: the connection carries it out.
// Routes know the hub and the page; they know no connection and no socket.
#pragma once

#include <string>
#include <variant>

#include "http/response.h"

namespace rivulet::server {

// The connection becomes the stream of that client.
struct OpenStream {
  std::string id;
};

using Outcome = std::variant<http::Response, OpenStream>;

}  // namespace rivulet::server

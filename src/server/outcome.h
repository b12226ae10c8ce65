// What a route makes of a request, as data: the connection carries it out.
// Routes know the hub and the page; they know no connection and no socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "http/response.h"

namespace rivulet::server {

// The connection becomes a stream.
struct OpenStream {
  std::string id;  // empty: anonymous
  std::vector<std::string> topics{};
  // What the client has seen last, if it says so.
  std::optional<std::string> last_event_id{};
  // When its token expires; nothing for a stream that needed none.
  std::optional<base::WallSeconds> expires{};
};

// The connection becomes one of those who watch the server (stats.h).
struct OpenWatch {};

// The body is to be published, as it comes in.
struct PublishBody {
  std::string client;                 // empty: not to one client
  std::vector<std::string> topics{};  // with client empty too: to everybody
  std::string event_name{};
  std::optional<uint64_t> retry{};
  bool event_stream = false;  // the body is a stream of events, not one
  // The event itself, when it was in the path: there is no body then.
  std::optional<std::string> status{};
};

// Redis is to be asked, on behalf of all instances (inquiry.h).
struct AskCluster {
  enum class What : uint8_t {
    kClients,  // who is connected
    kClient,   // whether one is, and its connections here
    kKick,     // the same, and its streams end
  };
  What what = What::kClients;
  std::string client{};
};

using Outcome = std::variant<http::Response, OpenStream, OpenWatch, PublishBody,
                             AskCluster>;

}  // namespace rivulet::server

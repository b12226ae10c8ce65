// From a request to what it gets: one table of routes, and the answers that
// follow from the table itself (404, 405, OPTIONS).
//
// A route that is not served on a listener's connections is not there for them:
// who is not to use it does not learn of it either.
#pragma once

#include <cstdint>
#include <optional>

#include "http/request.h"
#include "server/context.h"
#include "server/listener_kind.h"
#include "server/outcome.h"

namespace rivulet::server {

// Finds the route for a request's method and path and runs its handler. `peer`
// is for whom it counts in limits (os::IpAddress::group()).
[[nodiscard]] Outcome route(const http::Request& request, Context& context,
                            uint64_t peer, ListenerKind listener);

// What a request is about to do, as far as method and path tell.
enum class RouteKind : uint8_t {
  kAnswer,
  kStream,   // the connection becomes a stream
  kPublish,  // an event, in the path
  kBody,     // events, in the body: routed at the end of the head, to say what
             // becomes of it; all others are when they are complete
};
[[nodiscard]] RouteKind kind_of(const http::Request& request,
                                ListenerKind listener);

// What a request with a body is told in place of being asked for it, when its
// head says that it may not do what it wants to; nothing for any other. Those
// whose body is published hear it from route().
[[nodiscard]] std::optional<http::Response> refuse_body(
    const http::Request& request, Context& context, ListenerKind listener);

}  // namespace rivulet::server

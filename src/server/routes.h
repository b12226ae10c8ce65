// The handlers that the route table names. Each lives with its kin in a file
// routes_*.cpp; each answers with an Outcome and keeps nothing.
#pragma once

#include <array>
#include <string>

#include "http/request.h"
#include "server/context.h"
#include "server/outcome.h"

namespace rivulet::server {

// The most `:name` segments in one path pattern.
inline constexpr size_t kMaxPathParameters = 2;

struct Call {
  const http::Request& request;
  // The `:name` segments of the path in order, percent-decoded: valid UTF-8
  // without NUL.
  const std::array<std::string, kMaxPathParameters>& parameters;
  Context& context;
  uint64_t peer;  // the os::peer_group() that asks
};

using Handler = Outcome (*)(const Call&);

Outcome get_page(const Call& call);
Outcome get_stream(const Call& call);
Outcome get_clients(const Call& call);
Outcome publish_to_client(const Call& call);
Outcome publish_to_all(const Call& call);
Outcome get_liveness(const Call& call);
Outcome get_readiness(const Call& call);

// What publishers and probes get while the server shuts down: 503, and when to
// try again.
[[nodiscard]] http::Response unavailable();

// Whether `GET path` names a file of the page.
[[nodiscard]] bool is_page_file(std::string_view path, const Context& context);

}  // namespace rivulet::server

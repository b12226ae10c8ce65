// What probes ask: whether the process lives, and whether it wants work.
#include "server/routes.h"

namespace rivulet::server {
namespace {

constexpr const char* kNotStored = "Cache-Control: no-store\r\n";

}  // namespace

http::Response unavailable() {
  http::Response response = http::error_response(
      http::Status::kServiceUnavailable, "the server is shutting down");
  response.fields = "Retry-After: 5\r\n";
  return response;
}

Outcome get_liveness(const Call&) {
  return http::Response{.body = "ok", .fields = kNotStored};
}

Outcome get_readiness(const Call& call) {
  if (!call.context.draining) return get_liveness(call);
  http::Response response = unavailable();
  response.fields += kNotStored;
  return response;
}

}  // namespace rivulet::server

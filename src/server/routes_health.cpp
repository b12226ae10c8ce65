// What probes ask: whether the process lives, and whether it wants work.
#include "server/routes.h"

namespace rivulet::server {
namespace {

constexpr const char* kNotStored = "Cache-Control: no-store\r\n";

}  // namespace

http::Response unavailable() {
  http::Response response = http::error_response(
      http::Status::kServiceUnavailable, "the server is shutting down");
  response.fields = kRetrySoon;
  return response;
}

http::Response backplane_away() {
  http::Response response =
      http::error_response(http::Status::kServiceUnavailable, kRedisIsAway);
  response.fields = kRetrySoon;
  return response;
}

Outcome get_liveness(const Call&) {
  return http::Response{.body = "ok", .fields = kNotStored};
}

Outcome get_readiness(const Call& call) {
  const Context& context = call.context;
  const bool away = context.cluster && !context.cluster->backplane().ready();
  if (!context.draining && !away) return get_liveness(call);
  http::Response response = context.draining ? unavailable() : backplane_away();
  response.fields += kNotStored;
  return response;
}

}  // namespace rivulet::server

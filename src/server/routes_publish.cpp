// GET /publish/…: a status as one event, to one client or to all.
#include <fmt/format.h>

#include <string>

#include "server/client_id.h"
#include "server/routes.h"

namespace rivulet::server {
namespace {

// "Ok" without a line end is what the callers of these routes compare with.
http::Response accepted() {
  return http::Response{.body = "Ok"};
}

bool too_large(std::string_view status, const Context& context) {
  return status.size() > context.settings.max_event_bytes;
}

http::Response refuse_size(const Context& context) {
  return http::error_response(http::Status::kContentTooLarge,
                              fmt::format("a status has at most {} bytes",
                                          context.settings.max_event_bytes));
}

}  // namespace

Outcome publish_to_client(const Call& call) {
  const std::string& id = call.parameters[0];
  const std::string& status = call.parameters[1];
  if (auto refusal = check_client_id(id)) return std::move(*refusal);
  if (call.context.draining) return unavailable();
  if (too_large(status, call.context)) return refuse_size(call.context);
  const size_t receivers =
      call.context.hub.publish_to(id, {.name = {}, .data = status, .id = {}});
  call.context.deliveries += receivers;
  if (receivers == 0) {
    return http::error_response(http::Status::kNotFound,
                                "no client is connected under this id");
  }
  return accepted();
}

Outcome publish_to_all(const Call& call) {
  const std::string& status = call.parameters[0];
  if (call.context.draining) return unavailable();
  if (too_large(status, call.context)) return refuse_size(call.context);
  call.context.deliveries +=
      call.context.hub.publish({.name = {}, .data = status, .id = {}});
  return accepted();
}

}  // namespace rivulet::server

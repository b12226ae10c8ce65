// GET /stream/:id: the connection becomes the event stream of that client.
#include <string>

#include "base/text.h"
#include "server/client_id.h"
#include "server/routes.h"

namespace rivulet::server {
namespace {

// EventSource gives up for good on any status but 200. So who cannot be served
// now gets a stream that only says when to come back, and ends.
http::Response come_back_later(const Call& call, std::string_view reason) {
  Context& context = call.context;
  if (const auto count = context.refusals.count(context.reactor.now())) {
    context.log.warning("stream-refused",
                        {{"reason", reason}, {"times", *count}});
  }
  return {.content_type = "text/event-stream",
          .body = context.later_retry() + ": come back later\n",
          .fields = "Cache-Control: no-cache, no-transform\r\n"};
}

}  // namespace

Outcome get_stream(const Call& call) {
  const std::string& id = call.parameters[0];
  if (auto refusal = check_client_id(id)) return std::move(*refusal);
  if (call.context.draining) return come_back_later(call, "draining");
  if (const auto full = call.context.admission.refusal(id, call.peer)) {
    return come_back_later(call, *full);
  }
  return OpenStream{id};
}

}  // namespace rivulet::server

// GET /stream…: the connection becomes an event stream.
#include <optional>
#include <string>
#include <utility>

#include "http/query.h"
#include "server/names.h"
#include "server/routes.h"

namespace rivulet::server {
namespace {

// Why the token that was shown, or none, does not open the stream; notes in
// `wanted` when a good one expires.
std::optional<http::Response> check_token(const Call& call,
                                          OpenStream& wanted) {
  Context& context = call.context;
  if (!context.subscribe_tokens.required()) return std::nullopt;
  auto verdict = context.subscribe_tokens.judge(call.request, wanted,
                                                os::Reactor::wall_now());
  if (const auto* expires = std::get_if<base::WallSeconds>(&verdict)) {
    wanted.expires = *expires;
    return std::nullopt;
  }
  auto& denial = std::get<SubscribeTokens::Denial>(verdict);
  constexpr StreamRefusal kReason = StreamRefusal::kToken;
  ++context.metrics.streams_refused[static_cast<size_t>(kReason)];
  if (const auto count = context.streams_denied.count(context.reactor.now())) {
    context.log.warning("stream-refused", {{"reason", to_string(kReason)},
                                           {"fault", denial.fault},
                                           {"times", *count}});
  }
  return std::move(denial.response);
}

// The field first; polyfills that cannot set it use the query. An empty one is
// as good as none.
std::optional<std::string> last_event_id(const http::Request& request) {
  const std::string_view field = request.header("last-event-id").value_or("");
  if (!field.empty()) return std::string(field);
  for (const std::string_view name : {"lastEventId", "evs_last_event_id"}) {
    const auto values = http::query_values(request.query(), name);
    if (!values) return "?";  // it has seen something, and nobody knows what
    if (!values->empty() && !values->back().empty()) return values->back();
  }
  return std::nullopt;
}

Outcome open_stream(const Call& call, std::string id) {
  OpenStream wanted{.id = std::move(id)};
  if (auto refusal = read_topics(call.request, wanted.topics)) {
    return std::move(*refusal);
  }
  if (auto refusal = check_token(call, wanted)) return std::move(*refusal);
  if (call.context.draining) {
    return come_back_later(call, StreamRefusal::kDraining);
  }
  if (const auto full = call.context.admission.refusal(wanted.id, call.peer)) {
    return come_back_later(call, *full);
  }
  wanted.last_event_id = last_event_id(call.request);
  return wanted;
}

}  // namespace

// EventSource gives up for good on any status but 200. So who cannot be served
// now gets a stream that only says when to come back, and ends.
http::Response come_back_later(const Call& call, StreamRefusal refusal) {
  Context& context = call.context;
  ++context.metrics.streams_refused[static_cast<size_t>(refusal)];
  if (const auto count = context.streams_refused.count(context.reactor.now())) {
    context.log.warning("stream-refused",
                        {{"reason", to_string(refusal)}, {"times", *count}});
  }
  return {.content_type = "text/event-stream",
          .body = context.later_retry() + ": come back later\n",
          .fields = "Cache-Control: no-cache, no-transform\r\n"};
}

Outcome get_stream(const Call& call) {
  const std::string& id = call.parameters[0];
  if (auto refusal = check_client_id(id)) return std::move(*refusal);
  return open_stream(call, id);
}

Outcome get_anonymous_stream(const Call& call) {
  return open_stream(call, {});
}

}  // namespace rivulet::server

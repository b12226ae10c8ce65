// Events in: GET /publish/… takes a status from the path, POST /publish… the
// body of the request.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/text.h"
#include "http/query.h"
#include "server/names.h"
#include "server/routes.h"

namespace rivulet::server {
namespace {

constexpr uint64_t kMaxRetryMs = uint64_t{24} * 3'600'000;

http::Response bad_request(std::string_view reason) {
  return http::error_response(http::Status::kBadRequest, reason);
}

// "Ok" without a line end is what the callers of the GET routes compare with.
Outcome publish_status(const Call& call, std::string_view client,
                       const std::string& status) {
  Context& context = call.context;
  if (context.draining) return unavailable();
  if (status.size() > context.settings.max_event_bytes) {
    return http::error_response(http::Status::kContentTooLarge,
                                fmt::format("a status has at most {} bytes",
                                            context.settings.max_event_bytes));
  }
  if (context.cluster) {
    return PublishBody{.client = std::string(client), .status = status};
  }
  const hub::Receipt receipt = context.publish({.client = client, .topics = {}},
                                               {.name = {}, .data = status});
  if (receipt.sequence == 0) return nobody_there();
  return http::Response{.body = "Ok"};
}

bool is_event_stream(const http::Request& request) {
  std::string_view type = request.header("content-type").value_or("");
  return base::equals_ignoring_case(base::trim(base::take_until(type, ';')),
                                    "text/event-stream");
}

// The last of several values of `name`; empty when there is none.
std::optional<std::string> last_value(const http::Request& request,
                                      std::string_view name) {
  auto values = http::query_values(request.query(), name);
  if (!values) return std::nullopt;
  return values->empty() ? std::string() : std::move(values->back());
}

std::optional<http::Response> read_event_name(const http::Request& request,
                                              std::string& name) {
  auto value = last_value(request, "event");
  if (!value || value->size() > kMaxNameBytes || !base::is_valid_utf8(*value) ||
      base::has_control_characters(*value)) {
    return bad_request(fmt::format(
        "'event' has at most {} bytes of UTF-8 without control characters",
        kMaxNameBytes));
  }
  name = std::move(*value);
  return std::nullopt;
}

std::optional<http::Response> read_retry(const http::Request& request,
                                         std::optional<uint64_t>& retry) {
  const auto value = last_value(request, "retry");
  if (value && value->empty()) return std::nullopt;
  if (value) retry = base::parse_decimal(*value);
  if (retry && *retry <= kMaxRetryMs) return std::nullopt;
  return bad_request(fmt::format(
      "'retry' is a number of milliseconds, at most {}", kMaxRetryMs));
}

// HTTP/1.0 clients may end a body by closing; what they sent would be lost.
bool has_no_length(const http::Request& request) {
  return request.minor_version() == 0 && !request.header("content-length");
}

Outcome publish_body(const Call& call, std::string client) {
  if (has_no_length(call.request)) {
    return bad_request("a body needs a Content-Length in HTTP/1.0");
  }
  PublishBody what{.client = std::move(client)};
  if (auto refusal = read_topics(call.request, what.topics)) {
    return std::move(*refusal);
  }
  if (auto refusal = read_event_name(call.request, what.event_name)) {
    return std::move(*refusal);
  }
  if (auto refusal = read_retry(call.request, what.retry)) {
    return std::move(*refusal);
  }
  if (!what.client.empty() && !what.topics.empty()) {
    return bad_request("an event goes to one client or to topics, not to both");
  }
  if (call.context.draining) return unavailable();
  what.event_stream = is_event_stream(call.request);
  return what;
}

}  // namespace

http::Response nobody_there() {
  return http::error_response(http::Status::kNotFound,
                              "no client is connected under this id");
}

std::optional<http::Response> read_topics(const http::Request& request,
                                          std::vector<std::string>& topics) {
  auto values = http::query_values(request.query(), "topic");
  if (!values) return bad_request("'topic' is not percent-encoded");
  if (values->size() > kMaxTopics) {
    return bad_request(fmt::format("at most {} topics at once", kMaxTopics));
  }
  for (const std::string& topic : *values) {
    if (auto refusal = check_topic(topic)) return refusal;
  }
  for (std::string& topic : *values) {
    const bool known = std::ranges::find(topics, topic) != topics.end();
    if (!known) topics.push_back(std::move(topic));
  }
  return std::nullopt;
}

Outcome publish_status_to_client(const Call& call) {
  const std::string& id = call.parameters[0];
  if (auto refusal = check_client_id(id)) return std::move(*refusal);
  return publish_status(call, id, call.parameters[1]);
}

Outcome publish_status_to_all(const Call& call) {
  return publish_status(call, {}, call.parameters[0]);
}

Outcome publish_body_to_client(const Call& call) {
  const std::string& id = call.parameters[0];
  if (auto refusal = check_client_id(id)) return std::move(*refusal);
  return publish_body(call, id);
}

Outcome publish_body_to_many(const Call& call) {
  return publish_body(call, {});
}

}  // namespace rivulet::server

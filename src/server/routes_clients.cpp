// /clients: who is connected, and how they are doing.
#include <fmt/format.h>

#include <iterator>

#include "base/text.h"
#include "http/query.h"
#include "server/names.h"
#include "server/routes.h"

namespace rivulet::server {
namespace {

void append_text_or_null(std::string& out, std::string_view text) {
  if (text.empty()) {
    out += "null";
  } else {
    base::append_json_string(out, text);
  }
}

// One connection as a JSON object, after a comma unless it is the first.
void append_connection(std::string& out, const hub::Subscriber& subscriber,
                       const hub::Hub& hub) {
  const hub::Subscriber::Status status = subscriber.status();
  out += out.size() > 1 ? ",\n{\"id\":" : "{\"id\":";
  append_text_or_null(out, hub::Hub::id_of(subscriber));
  out += ",\"topics\":[";
  bool first = true;
  hub::Hub::for_each_topic_of(subscriber, [&](std::string_view topic) {
    if (!first) out += ',';
    first = false;
    base::append_json_string(out, topic);
  });
  out += "],\"address\":";
  base::append_json_string(out, status.address);
  fmt::format_to(std::back_inserter(out),
                 ",\"seconds_connected\":{},\"bytes_queued\":{},"
                 "\"events_sent\":{},\"catching_up\":{},\"last_event_id\":",
                 status.connected.count(), status.bytes_queued,
                 status.events_sent, status.catching_up);
  append_text_or_null(
      out, status.last_sent == 0 ? "" : hub.id_text(status.last_sent));
  out += '}';
}

http::Response ids(const hub::Hub& hub) {
  std::string body = "[";
  hub.for_each_client([&body](std::string_view id) {
    if (body.size() > 1) body += ',';
    base::append_json_string(body, id);
  });
  return http::json_response(body + "]");
}

bool wants_detail(const http::Request& request) {
  const auto detail = http::query_values(request.query(), "detail");
  return detail && !detail->empty() && detail->back() != "0";
}

}  // namespace

Outcome get_clients(const Call& call) {
  const hub::Hub& hub = call.context.hub;
  const bool detail = wants_detail(call.request);
  if (!detail && call.context.cluster) return AskCluster{};
  if (!detail) return ids(hub);
  std::string body = "[";
  hub.for_each_subscriber([&](const hub::Subscriber& subscriber) {
    append_connection(body, subscriber, hub);
  });
  return http::json_response(body + "]");
}

http::Response connections_of(const hub::Hub& hub, std::string_view id) {
  std::string body = "[";
  hub.for_each_subscriber(id, [&](const hub::Subscriber& subscriber) {
    append_connection(body, subscriber, hub);
  });
  return http::json_response(body + "]");
}

Outcome get_client(const Call& call) {
  const hub::Hub& hub = call.context.hub;
  const std::string& id = call.parameters[0];
  if (auto refusal = check_client_id(id)) return std::move(*refusal);
  if (call.context.cluster) {
    return AskCluster{.what = AskCluster::What::kClient, .client = id};
  }
  if (hub.subscriber_count(id) == 0) return nobody_there();
  return connections_of(hub, id);
}

// Its streams end before the loop sleeps; a client that was not told to stay
// away comes back.
Outcome delete_client(const Call& call) {
  const std::string& id = call.parameters[0];
  if (auto refusal = check_client_id(id)) return std::move(*refusal);
  if (call.context.cluster) {
    return AskCluster{.what = AskCluster::What::kKick, .client = id};
  }
  size_t ended = 0;
  call.context.hub.for_each_subscriber(id, [&](hub::Subscriber& subscriber) {
    subscriber.kick();
    ++ended;
  });
  if (ended == 0) return nobody_there();
  return http::json_response(fmt::format(R"({{"ended":{}}})", ended));
}

}  // namespace rivulet::server

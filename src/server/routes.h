// The handlers that the route table names. Each lives with its kin in a file
// routes_*.cpp; each answers with an Outcome and keeps nothing.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/request.h"
#include "server/context.h"
#include "server/outcome.h"
#include "server/refusals.h"

namespace rivulet::server {

// The most `:name` segments in one path pattern.
inline constexpr size_t kMaxPathParameters = 2;

struct Call {
  const http::Request& request;
  // The `:name` segments of the path in order, percent-decoded: valid UTF-8
  // without NUL.
  const std::array<std::string, kMaxPathParameters>& parameters;
  Context& context;
  uint64_t peer;  // for whom it counts in limits
};

using Handler = Outcome (*)(const Call&);

Outcome get_page(const Call& call);
Outcome get_stream(const Call& call);
Outcome get_anonymous_stream(const Call& call);
Outcome get_clients(const Call& call);
Outcome get_client(const Call& call);
Outcome delete_client(const Call& call);
Outcome publish_status_to_client(const Call& call);
Outcome publish_status_to_all(const Call& call);
// These are asked at the end of the head, before any of the body.
Outcome publish_body_to_client(const Call& call);
Outcome publish_body_to_many(const Call& call);
Outcome get_metrics(const Call& call);
Outcome get_stats(const Call& call);
Outcome get_liveness(const Call& call);
Outcome get_readiness(const Call& call);

// The most topics of one stream or one event.
inline constexpr size_t kMaxTopics = 64;

// Puts the `topic` pairs of the query into `topics`, each once; or says what is
// wrong with them.
[[nodiscard]] std::optional<http::Response> read_topics(
    const http::Request& request, std::vector<std::string>& topics);

// What publishers and others hear while Redis cannot be asked: 503.
inline constexpr const char* kRedisIsAway = "redis is away";
inline constexpr const char* kRetrySoon = "Retry-After: 5\r\n";
[[nodiscard]] http::Response backplane_away();

// The connections of one client to this instance, as JSON.
[[nodiscard]] http::Response connections_of(const hub::Hub& hub,
                                            std::string_view id);

// What is said of a client id under which nobody is connected: 404.
[[nodiscard]] http::Response nobody_there();

// What a subscriber gets who cannot be served now: a stream that only says when
// to come back, and ends.
[[nodiscard]] http::Response come_back_later(const Call& call,
                                             StreamRefusal refusal);

// What publishers and probes get while the server shuts down: 503, and when to
// try again.
[[nodiscard]] http::Response unavailable();

// Whether `GET path` names a file of the page.
[[nodiscard]] bool is_page_file(std::string_view path, const Context& context);

}  // namespace rivulet::server

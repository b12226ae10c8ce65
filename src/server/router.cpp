#include "server/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"
#include "server/routes.h"

namespace rivulet::server {
namespace {

using http::Method;
using http::Response;
using http::Status;

// Whether pages of other origins may read the answer, if they may read any
// (cors.h).
enum class Sharing : uint8_t { kSameOrigin, kOtherOrigins };

// What it takes to be let in. Who watches shows the token of those who publish:
// it is the operator's view. A page of another origin cannot read it anyway.
enum class Right : uint8_t { kNone, kPublish, kWatch };

// For whom it is where operators, publishers and probes have listeners of their
// own. A new route is for strangers only where that is said.
enum class ServedTo : uint8_t { kOperators, kEverybody };

struct Route {
  // kGet stands for HEAD too, apart from streams; kPost for PUT too, which is
  // what `curl -T` sends.
  Method method;
  std::string_view pattern;
  Handler handler;
  Sharing sharing;
  RouteKind kind = RouteKind::kAnswer;
  Right right = Right::kNone;
  ServedTo served_to = ServedTo::kOperators;
};

constexpr std::array kRoutes{
    Route{Method::kGet, "/", get_page, Sharing::kSameOrigin, RouteKind::kAnswer,
          Right::kNone, ServedTo::kEverybody},
    Route{Method::kGet, "/stream/:id", get_stream, Sharing::kOtherOrigins,
          RouteKind::kStream, Right::kNone, ServedTo::kEverybody},
    Route{Method::kGet, "/stream", get_anonymous_stream, Sharing::kOtherOrigins,
          RouteKind::kStream, Right::kNone, ServedTo::kEverybody},
    Route{Method::kGet, "/clients", get_clients, Sharing::kOtherOrigins},
    Route{Method::kGet, "/clients/:id", get_client, Sharing::kOtherOrigins},
    Route{Method::kDelete, "/clients/:id", delete_client,
          Sharing::kOtherOrigins, RouteKind::kAnswer, Right::kPublish},
    Route{Method::kGet, "/publish/:clientId/status/:status",
          publish_status_to_client, Sharing::kOtherOrigins, RouteKind::kPublish,
          Right::kPublish},
    Route{Method::kGet, "/publish/status/:status", publish_status_to_all,
          Sharing::kOtherOrigins, RouteKind::kPublish, Right::kPublish},
    Route{Method::kPost, "/publish/:clientId", publish_body_to_client,
          Sharing::kOtherOrigins, RouteKind::kBody, Right::kPublish},
    Route{Method::kPost, "/publish", publish_body_to_many,
          Sharing::kOtherOrigins, RouteKind::kBody, Right::kPublish},
    Route{Method::kGet, "/metrics", get_metrics, Sharing::kSameOrigin},
    Route{Method::kGet, "/stats", get_stats, Sharing::kSameOrigin,
          RouteKind::kStream, Right::kWatch},
    Route{Method::kGet, "/livez", get_liveness, Sharing::kSameOrigin},
    Route{Method::kGet, "/healthz", get_liveness, Sharing::kSameOrigin},
    Route{Method::kGet, "/readyz", get_readiness, Sharing::kSameOrigin},
};
constexpr Route kPageFile{
    Method::kGet,         "/:file",           get_page,
    Sharing::kSameOrigin, RouteKind::kAnswer, Right::kNone,
    ServedTo::kEverybody};

// One slash at the end is as good as none: callers write both "/clients" and
// "/clients/". But where a script's variable for the id was
// empty, "/publish/" must not reach everybody.
std::string_view without_final_slash(std::string_view path) {
  if (path == "/publish/" || path == "/stream/") return path;
  if (path.size() > 2 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

using RawParameters = std::array<std::string_view, kMaxPathParameters>;

// Compares segment by segment, so that an encoded slash stays in its segment.
std::optional<RawParameters> match(std::string_view pattern,
                                   std::string_view path) {
  if (path.size() > 1 && path.ends_with('/')) return std::nullopt;
  RawParameters parameters;
  size_t count = 0;
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = base::take_until(pattern, '/');
    const std::string_view segment = base::take_until(path, '/');
    if (!wanted.starts_with(':')) {
      if (wanted != segment) return std::nullopt;
    } else if (segment.empty()) {
      return std::nullopt;
    } else {
      assert(count < kMaxPathParameters);
      parameters[count++] = segment;
    }
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return parameters;
}

bool served_on(ListenerKind listener, const Route& route) {
  return listener != ListenerKind::kPublic ||
         route.served_to == ServedTo::kEverybody;
}

bool takes(const Route& route, Method method) {
  if (method == Method::kHead) {
    return route.method == Method::kGet && route.kind != RouteKind::kStream;
  }
  if (method == Method::kPut) return route.method == Method::kPost;
  return method == route.method;
}

std::string_view methods_of(const Route& route) {
  switch (route.method) {
    case Method::kPost:
      return "POST, PUT, ";
    case Method::kDelete:
      return "DELETE, ";
    default:
      return route.kind == RouteKind::kStream ? "GET, " : "GET, HEAD, ";
  }
}

// What the table has for a path: the row that takes the method, if any, and
// the methods of all rows for that path.
struct Match {
  const Route* route = nullptr;
  RawParameters parameters;
  std::string methods;
  Sharing sharing = Sharing::kSameOrigin;
};

std::optional<Match> find_route(std::string_view path, Method method,
                                const Context& context, ListenerKind listener) {
  const std::string_view trimmed = without_final_slash(path);
  Match found;
  const auto add = [&](const Route& route, const RawParameters& parameters) {
    found.methods += methods_of(route);
    found.sharing = route.sharing;
    if (!takes(route, method)) return;
    found.route = &route;
    found.parameters = parameters;
  };
  for (const Route& route : kRoutes) {
    if (!served_on(listener, route)) continue;
    if (const auto parameters = match(route.pattern, trimmed)) {
      add(route, *parameters);
    }
  }
  if (found.methods.empty() && is_page_file(path, context)) add(kPageFile, {});
  if (found.methods.empty()) return std::nullopt;
  found.methods += "OPTIONS";
  return found;
}

// The row that a request is for; none for files of the page and for what is
// answered from the table itself.
const Route* row_of(const http::Request& request, ListenerKind listener) {
  const std::string_view path = without_final_slash(request.path());
  const auto* const row =
      std::ranges::find_if(kRoutes, [&](const Route& route) {
        return served_on(listener, route) && takes(route, request.method()) &&
               match(route.pattern, path);
      });
  return row == kRoutes.end() ? nullptr : row;
}

// OPTIONS, which browsers send before they let a page of another site make a
// request with fields of its own (CORS preflight).
Response describe(std::string_view methods, Sharing sharing,
                  const http::Request& request, const Context& context) {
  Response response{.status = Status::kNoContent};
  response.fields = fmt::format("Allow: {}\r\n", methods);
  if (sharing == Sharing::kOtherOrigins) {
    response.fields += context.cors.preflight_fields(request, methods);
  }
  return response;
}

Response wrong_method(std::string_view methods) {
  Response response = http::error_response(
      Status::kMethodNotAllowed, fmt::format("this path takes {}", methods));
  response.fields = fmt::format("Allow: {}\r\n", methods);
  return response;
}

// Why a request does not have the right that its route needs. A page of another
// origin is told so first: the visitor's token would not make it welcome.
std::optional<Response> check_right(const Route& route,
                                    const http::Request& request,
                                    Context& context) {
  if (route.right == Right::kNone) return std::nullopt;
  const bool publishes = route.right == Right::kPublish;
  std::string_view reason = "cross-site";
  std::optional<Response> refusal;
  if (publishes) refusal = context.cors.publish_refusal(request);
  if (!refusal) {
    reason = "token";
    refusal = context.publish_tokens.refusal(request);
  }
  if (!refusal) return std::nullopt;
  base::Throttle& lines =
      publishes ? context.publishes_refused : context.watches_refused;
  if (const auto count = lines.count(context.reactor.now())) {
    context.log.warning(publishes ? "publish-refused" : "watch-refused",
                        {{"reason", reason}, {"times", *count}});
  }
  return refusal;
}

Outcome run(const Match& match, const http::Request& request, Context& context,
            uint64_t peer) {
  std::array<std::string, kMaxPathParameters> parameters;
  for (size_t i = 0; i < parameters.size(); ++i) {
    auto decoded = base::percent_decode(match.parameters[i]);
    if (!decoded || !base::is_valid_utf8(*decoded) ||
        decoded->find('\0') != std::string::npos) {
      return http::error_response(
          Status::kBadRequest,
          "the path must be percent-encoded UTF-8 without NUL");
    }
    parameters[i] = std::move(*decoded);
  }
  return match.route->handler(Call{request, parameters, context, peer});
}

}  // namespace

Outcome route(const http::Request& request, Context& context, uint64_t peer,
              ListenerKind listener) {
  const std::string_view path = request.path();
  if (path == "*") {  // about the server as a whole (RFC 9110 §9.3.7)
    return describe("GET, HEAD, OPTIONS", Sharing::kOtherOrigins, request,
                    context);
  }
  const Method method = request.method();
  const auto match = find_route(path, method, context, listener);
  if (!match) {
    return http::error_response(Status::kNotFound,
                                "nothing is here; the page at / shows what is");
  }
  if (method == Method::kOptions) {
    return describe(match->methods, match->sharing, request, context);
  }
  if (match->route == nullptr) return wrong_method(match->methods);
  auto refusal = check_right(*match->route, request, context);
  Outcome outcome = refusal ? Outcome(std::move(*refusal))
                            : run(*match, request, context, peer);
  if (auto* response = std::get_if<Response>(&outcome)) {
    if (match->sharing == Sharing::kOtherOrigins) {
      response->fields += context.cors.sharing_fields(request);
    }
  }
  return outcome;
}

RouteKind kind_of(const http::Request& request, ListenerKind listener) {
  const Route* row = row_of(request, listener);
  return row == nullptr ? RouteKind::kAnswer : row->kind;
}

std::optional<Response> refuse_body(const http::Request& request,
                                    Context& context, ListenerKind listener) {
  const Route* row = row_of(request, listener);
  if (row == nullptr || row->kind == RouteKind::kBody ||
      request.body_kind() == http::BodyKind::kNone) {
    return std::nullopt;
  }
  auto refusal = check_right(*row, request, context);
  if (refusal) refusal->fields += context.cors.sharing_fields(request);
  return refusal;
}

}  // namespace rivulet::server

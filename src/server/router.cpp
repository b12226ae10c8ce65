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

// Whether other sites' pages may read the answer (CORS, Fetch standard §3.2).
enum class Sharing : uint8_t { kSameOrigin, kAnyOrigin };

struct Route {
  Method method;  // kGet stands for HEAD too, apart from streams
  std::string_view pattern;
  Handler handler;
  Sharing sharing;
  bool streams = false;
};

constexpr std::array kRoutes{
    Route{Method::kGet, "/", get_page, Sharing::kSameOrigin},
    Route{Method::kGet, "/stream/:id", get_stream, Sharing::kAnyOrigin, true},
    Route{Method::kGet, "/clients", get_clients, Sharing::kAnyOrigin},
    Route{Method::kGet, "/publish/:clientId/status/:status", publish_to_client,
          Sharing::kAnyOrigin},
    Route{Method::kGet, "/publish/status/:status", publish_to_all,
          Sharing::kAnyOrigin},
    Route{Method::kGet, "/livez", get_liveness, Sharing::kSameOrigin},
    Route{Method::kGet, "/healthz", get_liveness, Sharing::kSameOrigin},
    Route{Method::kGet, "/readyz", get_readiness, Sharing::kSameOrigin},
};
constexpr Route kPageFile{Method::kGet, "/:file", get_page,
                          Sharing::kSameOrigin};

constexpr std::string_view kAnyOriginField =
    "Access-Control-Allow-Origin: *\r\n";

// One slash at the end of "/clients/" is as good as none, as it was in the
// server that this one replaces.
std::string_view without_final_slash(std::string_view path) {
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

struct Match {
  const Route* route;
  RawParameters parameters;
};

std::optional<Match> find_route(std::string_view path, const Context& context) {
  const std::string_view trimmed = without_final_slash(path);
  for (const Route& route : kRoutes) {
    if (const auto parameters = match(route.pattern, trimmed)) {
      return Match{&route, *parameters};
    }
  }
  if (is_page_file(path, context)) return Match{&kPageFile, {}};
  return std::nullopt;
}

bool takes(const Route& route, Method method) {
  return method == route.method ||
         (method == Method::kHead && route.method == Method::kGet &&
          !route.streams);
}

std::string_view allowed_methods(const Route& route) {
  return route.streams ? "GET, OPTIONS" : "GET, HEAD, OPTIONS";
}

// OPTIONS, which browsers send before they let a page of another site make a
// request with fields of its own (CORS preflight).
Response describe(std::string_view methods, Sharing sharing) {
  Response response{.status = Status::kNoContent};
  response.fields = fmt::format("Allow: {}\r\n", methods);
  if (sharing == Sharing::kAnyOrigin) {
    response.fields += fmt::format(
        "{}Access-Control-Allow-Methods: {}\r\n"
        "Access-Control-Allow-Headers: Authorization, Cache-Control, "
        "Content-Type, Last-Event-ID\r\n"
        "Access-Control-Max-Age: 86400\r\n",
        kAnyOriginField, methods);
  }
  return response;
}

Response wrong_method(const Route& route) {
  const std::string_view methods = allowed_methods(route);
  Response response = http::error_response(
      Status::kMethodNotAllowed, fmt::format("this path takes {}", methods));
  response.fields = fmt::format("Allow: {}\r\n", methods);
  return response;
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

Outcome route(const http::Request& request, Context& context, uint64_t peer) {
  const std::string_view path = request.path();
  if (path == "*") {  // about the server as a whole (RFC 9110 §9.3.7)
    return describe("GET, HEAD, OPTIONS", Sharing::kAnyOrigin);
  }
  const auto match = find_route(path, context);
  if (!match) {
    return http::error_response(Status::kNotFound,
                                "nothing is here; the page at / shows what is");
  }
  const Route& found = *match->route;
  if (request.method() == Method::kOptions) {
    return describe(allowed_methods(found), found.sharing);
  }
  if (!takes(found, request.method())) return wrong_method(found);
  Outcome outcome = run(*match, request, context, peer);
  if (auto* response = std::get_if<Response>(&outcome)) {
    if (found.sharing == Sharing::kAnyOrigin) {
      response->fields += kAnyOriginField;
    }
  }
  return outcome;
}

}  // namespace rivulet::server

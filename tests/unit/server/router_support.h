// Sends requests through the route table of a bench.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <variant>

#include "../support/parse.h"
#include "../support/server_bench.h"
#include "server/router.h"

namespace rivulet::test {

inline constexpr uint64_t kSomePeer = 1;

inline server::Outcome outcome(
    ServerBench& bench, std::string_view target,
    std::string_view method = "GET", std::string_view fields = {},
    server::ListenerKind listener = server::ListenerKind::kOnly) {
  http::RequestLimits limits;
  Parsed parsed(limits);
  const std::string text = std::string(method) + " " + std::string(target) +
                           " HTTP/1.1\r\nHost: h\r\n" + std::string(fields) +
                           "\r\n";
  parsed.feed(text, text.size());
  REQUIRE(parsed.complete());
  return server::route(parsed.request(), bench.context, kSomePeer, listener);
}

// The response to a request that does not open a stream.
inline http::Response response(ServerBench& bench, std::string_view target,
                               std::string_view method = "GET",
                               std::string_view fields = {}) {
  auto result = outcome(bench, target, method, fields);
  REQUIRE(std::holds_alternative<http::Response>(result));
  return std::get<http::Response>(std::move(result));
}

inline int status(ServerBench& bench, std::string_view target,
                  std::string_view method = "GET") {
  return static_cast<int>(response(bench, target, method).status);
}

// What a request that publishes its body has said.
inline server::PublishBody publishing(ServerBench& bench,
                                      std::string_view target,
                                      std::string_view fields = {}) {
  auto result = outcome(bench, target, "POST", fields);
  REQUIRE(std::holds_alternative<server::PublishBody>(result));
  return std::get<server::PublishBody>(std::move(result));
}

// The id of the stream that a request opens; empty when it opens none.
inline std::string stream_id(ServerBench& bench, std::string_view target) {
  const auto result = outcome(bench, target);
  const auto* stream = std::get_if<server::OpenStream>(&result);
  return stream == nullptr ? "" : stream->id;
}

inline bool has_field(const http::Response& response, std::string_view line) {
  const std::string fields = "\r\n" + response.fields;
  return fields.find("\r\n" + std::string(line) + "\r\n") != std::string::npos;
}

}  // namespace rivulet::test

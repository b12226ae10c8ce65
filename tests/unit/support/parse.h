// Parses request text for a test: in one piece and byte by byte, which must
// come to the same.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <ostream>
#include <string>
#include <string_view>

#include "http/request_parser.h"

namespace rivulet::test {

// A parser and what it has taken. Limits live as long as it does.
struct Parsed {
  explicit Parsed(const http::RequestLimits& the_limits)
      : limits(the_limits), parser(limits) {}

  // Feeds `bytes` in pieces of `piece` bytes until the request ends. A body is
  // taken up to the usual limit.
  void feed(std::string_view bytes, size_t piece) {
    while (!bytes.empty() && !ended()) {
      const std::string_view front = bytes.substr(0, piece);
      // A copy of its own size, so that reading past the piece is found out.
      const std::string copy(front);
      const size_t size = feed_piece(copy);
      CHECK(size <= front.size());
      if (!ended()) CHECK(size == front.size());
      bytes.remove_prefix(size);
      used += size;
    }
  }

  size_t feed_piece(std::string_view piece) {
    size_t size = 0;
    while (size < piece.size() && !ended()) {
      size += parser.feed(piece.substr(size));
      body += parser.body_piece();
      if (parser.state() == http::RequestParser::State::kHeadRead) {
        parser.accept_body(limits.body_bytes);
      }
    }
    return size;
  }

  [[nodiscard]] bool ended() const { return complete() || refused(); }
  [[nodiscard]] bool complete() const {
    return parser.state() == http::RequestParser::State::kComplete;
  }
  [[nodiscard]] bool refused() const {
    return parser.state() == http::RequestParser::State::kRefused;
  }
  // The status of the refusal, 0 when it is none.
  [[nodiscard]] int status() const {
    return refused() ? static_cast<int>(parser.refusal().status) : 0;
  }
  [[nodiscard]] const http::Request& request() const {
    return parser.request();
  }

  // All that a caller can see, to be compared.
  [[nodiscard]] std::string summary() const {
    using State = http::RequestParser::State;
    if (parser.state() == State::kHead) return "head";
    if (refused()) {
      return std::to_string(status()) + " " + parser.refusal().reason;
    }
    std::string text = complete() ? "complete " : "body ";
    text += std::to_string(used) + " ";
    text += std::to_string(static_cast<int>(request().method())) + " ";
    text += std::to_string(request().minor_version()) + " ";
    text += request().keep_alive() ? "keep " : "close ";
    text += std::string(request().path()) + "?";
    text += std::string(request().query()) + " ";
    text += std::to_string(static_cast<int>(request().body_kind())) + " ";
    text += std::to_string(request().content_length()) + " " + body;
    for (const std::string name :
         {"host", "a", "b", "connection", "content-type"}) {
      request().for_each_header(name, [&](std::string_view value) {
        text += std::string(" ") + name + "=" + std::string(value);
      });
    }
    return text;
  }

  http::RequestLimits limits;
  http::RequestParser parser;
  size_t used = 0;
  std::string body;  // decoded
};

inline std::unique_ptr<Parsed> parse(std::string_view bytes,
                                     const http::RequestLimits& limits = {}) {
  auto whole = std::make_unique<Parsed>(limits);
  whole->feed(bytes, bytes.size());
  for (const size_t piece : {size_t{1}, size_t{2}, size_t{7}}) {
    Parsed pieces(limits);
    pieces.feed(bytes, piece);
    INFO("in pieces of " << piece << ": " << bytes.substr(0, 300));
    CHECK(pieces.summary() == whole->summary());
  }
  return whole;
}

}  // namespace rivulet::test

// Turns the bytes of a connection into one request, piece by piece.
//
//            head complete          accept_body()      body complete
//   kHead ─────────────────> kHeadRead ─────────> kBody ──────────> kComplete
//     │                          │                  │
//     └──────────────┬───────────┴──────────────────┘
//                    v
//                kRefused: a status and a reason; close the connection
//
// Without a body accept_body() leads straight to kComplete.
//
// A parser lives as long as one request: made when its first byte arrives,
// gone when it is answered or has become a stream. It takes no byte past the
// end of its request, so what follows in a pipeline stays with the caller.
//
// Three readers share the work: HeadGuard checks the shape of each byte and
// finds the end of the head, llhttp reads what the head says, and
// RequestRules checks what it amounts to. Bodies are read by length or by
// ChunkedDecoder. None of a body is kept here: each piece is shown to the
// caller, who has said how much there may be once the head was known.
#pragma once

#include <llhttp.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "http/chunked.h"
#include "http/head_guard.h"
#include "http/limits.h"
#include "http/request.h"
#include "http/status.h"

namespace rivulet::base {
class State;
}

namespace rivulet::http {

class RequestParser {
 public:
  enum class State : uint8_t { kHead, kHeadRead, kBody, kComplete, kRefused };

  // For accept_body(): no limit. For bodies that are taken piece by piece and
  // kept by nobody.
  static constexpr uint64_t kUnlimited = std::numeric_limits<uint64_t>::max();

  // `limits` must outlive the parser.
  explicit RequestParser(const RequestLimits& limits);
  RequestParser(const RequestParser&) = delete;  // llhttp points back at it
  RequestParser& operator=(const RequestParser&) = delete;

  // Takes bytes from the front of `input` and says how many: up to the end of
  // the head, or of one piece of the body, or until there is a fault. No
  // byte in kHeadRead and after the end.
  [[nodiscard]] size_t feed(std::string_view input);

  // In kHeadRead: goes on to the body, of which at most `limit` bytes are
  // taken (413 beyond).
  void accept_body(uint64_t limit);

  // What the last feed() has taken of the body, decoded: a part of its input.
  [[nodiscard]] std::string_view body_piece() const { return body_piece_; }

  [[nodiscard]] State state() const { return state_; }
  // Whether the client has begun a request, not only sent a blank line.
  [[nodiscard]] bool started() const { return guard_.started(); }
  // Whether the client waits for "100 Continue" before it sends the body
  // (RFC 9110 §10.1.1).
  [[nodiscard]] bool continue_wanted() const;
  // What accept_body() has said.
  [[nodiscard]] uint64_t body_limit() const { return body_limit_; }
  // Decoded bytes of the body so far.
  [[nodiscard]] uint64_t body_bytes() const { return body_bytes_; }
  // What it holds in memory.
  [[nodiscard]] size_t held_bytes() const {
    return sizeof(*this) + request_.held_bytes() + unfinished_head_.capacity();
  }
  // Valid from kHeadRead on.
  [[nodiscard]] const Request& request() const { return request_; }
  // Whether the method is HEAD, as far as it has been read: also of a request
  // that is refused, for that answer has no content either (RFC 9110 §9.3.2).
  [[nodiscard]] bool is_head() const {
    // Of an unknown method llhttp has read what looked like a known one.
    return !method_unknown_ && llhttp_.method == HTTP_HEAD;
  }
  // Valid in kRefused.
  [[nodiscard]] const Refusal& refusal() const { return refusal_; }

  // Into and out of the state of a server (base/state.h), between two feeds; in
  // request_state.cpp. A head that has not come in whole is read anew.
  void carry(base::State& state);

 private:
  static const llhttp_settings_t& settings();
  static RequestParser& self(llhttp_t* parser) {
    return *static_cast<RequestParser*>(parser->data);
  }

  size_t feed_head(std::string_view input);
  size_t feed_body(std::string_view input);
  size_t feed_chunked(std::string_view input);
  void finish_head();
  void append(Request::Place& place, std::string_view text);
  int read_start_line();
  void refuse_size();
  void refuse_unknown_method();
  void refuse_by_llhttp();
  void refuse(Refusal refusal);

  const RequestLimits& limits_;
  State state_ = State::kHead;
  bool head_parsed_ = false;  // llhttp agrees that the head has ended
  bool in_value_ = false;     // of the field that llhttp is reading
  bool body_begun_ = false;
  bool method_unknown_ = false;  // and llhttp has given up
  uint64_t body_limit_ = 0;
  uint64_t body_bytes_ = 0;  // decoded so far
  std::string_view body_piece_;
  std::string unfinished_head_;  // what has come of it; empty for most, which
                                 // come in one piece
  HeadGuard guard_{HeadGuard::Part::kHead};
  ChunkedDecoder chunked_;
  llhttp_t llhttp_;
  Request request_;
  Refusal refusal_{};
};

}  // namespace rivulet::http

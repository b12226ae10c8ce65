// Looks at each byte of a request head before llhttp does, and refuses what
// two parsers could read in two ways.
//
// llhttp reads what a head means, and is lenient about its shape: it takes
// bare line feeds, folded lines and spaces where RFC 9112 has none. A proxy in
// front that reads such bytes differently sees other requests than we do, and
// an attacker hides one from it (request smuggling). So this guard checks the
// shape, and it alone says where the head ends:
//
//   method SP target SP HTTP/1.x CR LF          one space each, no other blank
//   ( name ':' value CR LF )*                   no blank before the colon,
//   CR LF                                       none at the start of a line
//
// Nothing of the head is kept but its version: the guard is a state and some
// counters. It also reads the trailer fields of a chunked body, which have the
// same shape.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/limits.h"
#include "http/status.h"

namespace rivulet::base {
class State;
}

namespace rivulet::http {

class HeadGuard {
 public:
  enum class Part : uint8_t { kHead, kTrailer };

  explicit HeadGuard(Part part) : state_(first_state(part)) {}

  // Takes bytes from the front of `input` up to the end of the head, and says
  // how many. Stops early before a byte that is refused.
  [[nodiscard]] size_t scan(std::string_view input,
                            const RequestLimits& limits);

  [[nodiscard]] bool done() const { return state_ == State::kDone; }
  // Whether a request line has begun: a blank line before it does not count.
  // (States stand in their order.)
  [[nodiscard]] bool started() const { return state_ > State::kBeforeLineLf; }
  // Whether the request line is over and was good.
  [[nodiscard]] bool past_request_line() const {
    return field_bytes_ > 0 || state_ == State::kFieldStart;
  }
  [[nodiscard]] bool refused() const { return state_ == State::kRefused; }

  // Valid once refused().
  [[nodiscard]] Refusal refusal() const;

  // Into and out of the state of a server (base/state.h); in request_state.cpp.
  // What was wrong is not carried: whoever saw it refused has taken note of it.
  void carry(base::State& state);

 private:
  enum class State : uint8_t {  // in the order in which they come
    kBeforeLine,    // blank lines before a request line (RFC 9112 §2.2)
    kBeforeLineLf,  // ... the LF of one
    kMethod,
    kTarget,
    kVersion,
    kVersionLf,
    kFieldStart,
    kFieldName,
    kFieldValue,
    kFieldLf,
    kEndLf,
    kDone,
    kRefused,
  };
  static constexpr size_t kVersionLength = 8;  // "HTTP/1.1"

  static State first_state(Part part) {
    return part == Part::kHead ? State::kBeforeLine : State::kFieldStart;
  }

  void take(unsigned char byte, const RequestLimits& limits);
  void take_blank_line(unsigned char byte);
  void take_method(unsigned char byte);
  void take_target(unsigned char byte, const RequestLimits& limits);
  void take_version(unsigned char byte);
  void take_field_start(unsigned char byte, const RequestLimits& limits);
  void take_field_name(unsigned char byte);
  void take_field_value(unsigned char byte);
  void take_line_feed(unsigned char byte, State next);
  void check_version();
  void refuse(Status status, const char* reason);

  State state_;
  uint8_t blank_lines_ = 0;
  uint8_t version_size_ = 0;
  std::array<char, kVersionLength> version_{};
  uint32_t field_bytes_ = 0;
  uint32_t part_bytes_ = 0;  // of the method, or of the target
  uint32_t fields_ = 0;
  Status status_ = Status::kBadRequest;
  const char* reason_ = "";
};

}  // namespace rivulet::http

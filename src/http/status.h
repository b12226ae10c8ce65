// The status codes that this server sends (RFC 9110 §15), and what it says
// when it refuses a request.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rivulet::base {
class State;
}

namespace rivulet::http {

enum class Status : uint16_t {
  kOk = 200,
  kNoContent = 204,
  kBadRequest = 400,
  kUnauthorized = 401,
  kForbidden = 403,
  kNotFound = 404,
  kMethodNotAllowed = 405,
  kRequestTimeout = 408,
  kContentTooLarge = 413,
  kUriTooLong = 414,
  kExpectationFailed = 417,
  kHeaderFieldsTooLarge = 431,
  kNotImplemented = 501,
  kServiceUnavailable = 503,
  kVersionNotSupported = 505,
};

// "Not Found" for kNotFound, and so on (RFC 9110 §15). Empty for a number that
// is none of these.
[[nodiscard]] std::string_view reason_phrase(Status status);

// Why a request is not served: one line for the person at the other end that
// says what was wrong. The connection cannot be trusted any more and closes.
struct Refusal {
  Status status;
  std::string reason;
};

// Into and out of the state of a server (base/state.h); in request_state.cpp.
void carry(base::State& state, Refusal& refusal);

}  // namespace rivulet::http

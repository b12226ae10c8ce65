// What must hold of a request head as a whole, beyond the shape of its bytes:
// Host, the form of the target, and how the body is framed.
//
// Each rule refuses where two readers could disagree about which request this
// is or where it ends (RFC 9112 §3.2, §6.1 to §6.3 and §11.2).
#pragma once

#include <optional>

#include "http/request.h"
#include "http/status.h"

namespace rivulet::http {

// A class only to be a friend of Request: it has no objects.
class RequestRules {
 public:
  // Checks a complete head and fills in what follows from it: path, query,
  // persistence, the kind and length of the body. Nothing when the request may
  // be served.
  [[nodiscard]] static std::optional<Refusal> apply(Request& request);

 private:
  [[nodiscard]] static bool persists(const Request& request);
  static std::optional<Refusal> check_host(const Request& request);
  static std::optional<Refusal> split_target(Request& request);
  static std::optional<Refusal> strip_authority(Request& request);
  static std::optional<Refusal> frame_body(Request& request);
  static std::optional<Refusal> read_content_length(Request& request);
  static std::optional<Refusal> check_expectation(const Request& request);
};

}  // namespace rivulet::http

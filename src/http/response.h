// An answer, and how it is written (RFC 9112 §4 to §6).
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/request.h"
#include "http/status.h"

namespace rivulet::http {

struct Response {
  Status status = Status::kOk;
  // Must outlive the response: a literal.
  std::string_view content_type = "text/plain; charset=utf-8";
  std::string body{};
  // Whole further field lines, each ending in CR LF; constants mostly.
  std::string fields{};
};

// A one-line plain-text answer that says what was wrong.
[[nodiscard]] Response error_response(Status status, std::string_view line);

// A JSON answer of the moment, which nobody is to keep.
[[nodiscard]] Response json_response(std::string body);

// How the connection goes on after an answer.
struct ResponseFraming {
  bool head_only = false;  // an answer to HEAD: the head of what GET gets
  bool keep_alive = true;  // else the answer says that the connection closes
  int minor_version = 1;   // of the request
};

// Appends head and body to `out`. `date` is what the Date field says.
void append_response(std::string& out, const Response& response,
                     const ResponseFraming& framing, std::string_view date);

// The time of day as the Date field has it (RFC 9110 §5.6.7), formatted once a
// second.
class HttpDate {
 public:
  // Valid until the next call.
  [[nodiscard]] std::string_view at(base::WallSeconds now);

 private:
  base::WallSeconds formatted_{base::WallSeconds::min()};
  std::string text_;
};

}  // namespace rivulet::http

// The line that the log has of each request once it is answered, for operators
// who ask for it (option access-log).
//
//   msg=request method=GET path=/clients status=200 bytes=312 ms=0 address=…
//
// The path stands as it was sent, and without its query, which may hold what
// is nobody else's business. What is refused before its head was read has "-"
// for what is not known; so has a method that this server has no name for. The
// end of a stream has a line of its own (stream.h).
#pragma once

#include <cstddef>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "http/request.h"
#include "http/status.h"

namespace rivulet::server {

struct Answered {
  const http::Request& request;  // as far as it was read
  http::Status status;
  size_t bytes;         // of the answer, head and all; of a stream, its head
  base::Duration took;  // from the request's first byte
};

// Writes it; `address` is the client's, as far as that is known.
void log_access(const base::Log& log, const Answered& answered,
                std::string_view address);

}  // namespace rivulet::server

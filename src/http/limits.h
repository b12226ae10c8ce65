// How large a request may be. Every loop over what a client sends ends at one
// of these, but for a body that somebody takes: RequestParser::accept_body()
// says how large that may be.
#pragma once

#include <cstddef>

namespace rivulet::http {

struct RequestLimits {
  // The request target: 414.
  size_t target_bytes = size_t{8} * 1024;
  // All header fields together, with their line ends: 431.
  size_t fields_bytes = size_t{32} * 1024;
  // Their number: 431.
  size_t fields = 100;
  // A decoded body that nobody asked for, which is dropped: 413.
  size_t body_bytes = size_t{64} * 1024;
  // Extensions of all chunks of a body, which nobody uses for good: 400.
  size_t chunk_extension_bytes = 256;
  // Trailer fields after a chunked body, with their line ends: 431.
  size_t trailer_bytes = size_t{8} * 1024;
};

}  // namespace rivulet::http

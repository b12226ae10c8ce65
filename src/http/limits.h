// How large a request may be, as far as somebody wants it another size. Three
// more limits, of the grammar, are where they are read: the method and the
// blank lines before it (head_guard.cpp), the digits of a chunk's size
// (chunked.cpp). How large a body may be that somebody takes,
// RequestParser::accept_body() says.
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
  // Extensions of all chunks of a body, which nobody has an honest use for:
  // 400.
  size_t chunk_extension_bytes = 256;
  // Trailer fields after a chunked body, with their line ends: 431.
  size_t trailer_bytes = size_t{8} * 1024;
};

}  // namespace rivulet::http

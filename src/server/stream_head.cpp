#include "server/stream_head.h"

#include <fmt/format.h>

#include <iterator>

namespace rivulet::server {

void append_stream_head(std::string& out, sse::Framing framing, bool closes,
                        std::string_view sharing, std::string_view date) {
  // X-Accel-Buffering is nginx's word for "pass each byte on at once".
  fmt::format_to(
      std::back_inserter(out),
      "HTTP/1.1 200 OK\r\n"
      "Date: {}\r\n"
      "Content-Type: text/event-stream\r\n"
      "Cache-Control: no-cache, no-transform\r\n"
      "X-Accel-Buffering: no\r\n"
      "X-Content-Type-Options: nosniff\r\n"
      "{}{}{}\r\n",
      date, sharing,
      framing == sse::Framing::kChunked ? "Transfer-Encoding: chunked\r\n" : "",
      closes ? "Connection: close\r\n" : "");
}

}  // namespace rivulet::server

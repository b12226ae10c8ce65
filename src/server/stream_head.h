// The response head of a stream.
#pragma once

#include <string>
#include <string_view>

#include "sse/frame.h"

namespace rivulet::server {

// Appends the head (HTML standard, §9.2.5 and §9.2.7): not to be cached,
// compressed or held back by anyone between. Chunked, or ended by the
// connection for HTTP/1.0. `closes` says that the connection goes with the
// stream, as it does for whoever asks for that. `sharing` are the field lines
// for pages of other origins (cors.h), `date` is what the Date field says.
void append_stream_head(std::string& out, sse::Framing framing, bool closes,
                        std::string_view sharing, std::string_view date);

}  // namespace rivulet::server

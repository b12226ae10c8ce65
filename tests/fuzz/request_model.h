// An independent, strict reader of what one client sends: which requests are
// there, and where each ends. It shares nothing with src/http, looks at the
// whole text at once, and is written from RFC 9112 with these allowances, each
// of which every server and proxy reads in one way only:
//
//   - up to two empty lines before a request line (§2.2 asks for one at least)
//   - bytes from 0x80 in a target
//
// Size limits of the server are not modelled, but for the extensions of all
// chunks of a body together, whose excess is malformed. So a request that is
// well-formed here may be refused as too large, but never as malformed, and one
// that is malformed here must be refused.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rivulet::fuzz {

struct ModelRequest {
  std::string method;
  std::string path;  // as sent, without authority and query
  std::string query;
  int minor = 1;
  bool keep_alive = true;
  bool has_body = false;
  bool expects_continue = false;
  bool event_stream = false;  // by its Content-Type
  std::string last_event_id;  // as the field has it
  std::string body;           // decoded
  size_t end = 0;             // in the text: past its last byte
};

// What stands behind the last well-formed request.
enum class Rest {
  kNothing,     // or empty lines
  kIncomplete,  // no whole head or body: nobody can say
  kMalformed,   // a whole head, or enough of a body, that must be refused
};

struct Model {
  std::vector<ModelRequest> requests;
  // Behind them: a request with a good head, as far as its body is good.
  std::optional<ModelRequest> begun;
  Rest rest = Rest::kNothing;
};

Model read_requests(std::string_view text, size_t max_extension_bytes);

// What a request publishes, when it does.
struct ModelPublish {
  std::optional<std::string> to;  // a client's id; nothing for everyone
  std::string data;
};
// By its path: GET /publish/.../status/...
std::optional<ModelPublish> publish_of(const ModelRequest& request);

// By its body: POST or PUT /publish...
struct ModelPosting {
  std::optional<std::string> to;
  std::vector<std::string> topics;
  std::string name;  // of events that have none
};
std::optional<ModelPosting> posting_of(const ModelRequest& request);

// The values of that name in a query; nothing when one is badly encoded.
std::optional<std::vector<std::string>> model_query_values(
    const std::string& query, const std::string& name);

// Whether this is a request for a stream.
bool asks_for_stream(const ModelRequest& request);

// Whether this is a request for the server's figures, which are a stream too.
bool asks_for_figures(const ModelRequest& request);

}  // namespace rivulet::fuzz

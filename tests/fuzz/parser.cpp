// Fuzzes http::RequestParser alone: the text as a pipeline, in one piece and
// in those that the input names, and against the strict reader.
//
// mode: bit 0 the server's default limits in place of small ones.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "check.h"
#include "http/request_parser.h"
#include "input.h"
#include "request_model.h"

namespace rivulet::fuzz {
namespace {

using State = http::RequestParser::State;

http::RequestLimits tight_limits() {
  http::RequestLimits limits;
  limits.target_bytes = 128;
  limits.fields_bytes = 256;
  limits.fields = 8;
  limits.body_bytes = 128;
  limits.chunk_extension_bytes = 16;
  limits.trailer_bytes = 64;
  return limits;
}

// What the parser made of one request.
struct Parsed {
  State state = State::kHead;
  size_t end = 0;  // where it stopped
  std::string path;
  std::string query;
  bool keep_alive = false;
  bool has_body = false;
  bool head = false;
  int minor = 1;
  int status = 0;    // of a refusal
  std::string body;  // decoded
  std::string text;  // all that can be seen, to be compared
};

// A parser reads each piece from memory of just its size, so that
// AddressSanitizer sees a byte too far.
size_t feed(http::RequestParser& parser, std::string_view piece,
            const http::RequestLimits& limits, std::string& body) {
  const std::unique_ptr<char[]> copy(new char[piece.size()]);
  piece.copy(copy.get(), piece.size());
  size_t used = 0;
  while (used < piece.size()) {
    const std::string_view rest(copy.get() + used, piece.size() - used);
    const size_t size = parser.feed(rest);
    require(size <= rest.size(), "more bytes taken than given", piece);
    require(size > 0 || parser.state() == State::kRefused,
            "bytes left, and not at the end", piece);
    used += size;
    const std::string_view part = parser.body_piece();
    require(part.empty() || (part.data() >= rest.data() &&
                             part.data() + part.size() <= rest.data() + size),
            "a body piece that is no part of the input", piece);
    body += part;
    if (parser.state() == State::kHeadRead) {
      require(part.empty(), "body before the head is read", piece);
      parser.accept_body(limits.body_bytes);
    }
    if (parser.state() == State::kComplete) break;
    if (parser.state() == State::kRefused) break;
  }
  return used;
}

void describe(const http::Request& request, Parsed& parsed) {
  parsed.path = request.path();
  parsed.query = request.query();
  parsed.keep_alive = request.keep_alive();
  parsed.has_body = request.body_kind() != http::BodyKind::kNone;
  parsed.head = request.method() == http::Method::kHead;
  parsed.minor = request.minor_version();
  parsed.text += parsed.path + "?" + parsed.query + "\n";
  parsed.text += parsed.keep_alive ? "keep " : "close ";
  parsed.text += std::to_string(static_cast<int>(request.method())) + " " +
                 std::to_string(static_cast<int>(request.body_kind())) + " " +
                 std::to_string(request.content_length()) + "\n";
  for (const char* name : {"host", "a", "connection", "content-length",
                           "transfer-encoding", "expect"}) {
    request.for_each_header(name, [&](std::string_view value) {
      parsed.text += name + (": " + std::string(value)) + "\n";
    });
  }
}

Parsed describe(const http::RequestParser& parser, size_t end) {
  Parsed parsed;
  parsed.state = parser.state();
  parsed.end = end;
  parsed.text = std::to_string(static_cast<int>(parser.state())) + " ";
  if (parsed.state == State::kRefused) {  // how far into a body, cuts decide
    parsed.status = static_cast<int>(parser.refusal().status);
    parsed.text +=
        std::to_string(parsed.status) + " " + parser.refusal().reason + "\n";
    require(!parser.refusal().reason.empty(), "a refusal without a reason");
    return parsed;
  }
  parsed.text += std::to_string(end) + "\n";
  if (parsed.state != State::kHead) {
    describe(parser.request(), parsed);
  } else {
    parsed.text += parser.started() ? "started\n" : "not started\n";
  }
  return parsed;
}

// One parser after the other, as a connection does it.
std::vector<Parsed> parse(const std::vector<std::string_view>& pieces,
                          const http::RequestLimits& limits) {
  std::vector<Parsed> all;
  std::unique_ptr<http::RequestParser> parser;
  std::string body;
  size_t end = 0;
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      if (!parser) parser = std::make_unique<http::RequestParser>(limits);
      const size_t used = feed(*parser, piece, limits, body);
      piece.remove_prefix(used);
      end += used;
      if (parser->state() == State::kRefused) {
        all.push_back(describe(*parser, end));
        return all;
      }
      if (parser->state() != State::kComplete) continue;
      require(used > 0, "complete without a byte");
      all.push_back(describe(*parser, end));
      all.back().body = std::exchange(body, {});
      all.back().text += all.back().body;
      require(all.back().body.size() == parser->body_bytes(), "body bytes");
      parser.reset();
    }
  }
  if (parser) all.push_back(describe(*parser, end));
  return all;
}

std::string text_of(const std::vector<Parsed>& all) {
  std::string text;
  for (const Parsed& parsed : all) text += parsed.text;
  return text;
}

void compare(const Parsed& parsed, const ModelRequest& request,
             std::string_view text) {
  require(parsed.end == request.end, "where a request ends", text);
  require_same("path", parsed.path, request.path);
  require_same("query", parsed.query, request.query);
  require(parsed.keep_alive == request.keep_alive, "persistence", text);
  require(parsed.minor == request.minor, "version", text);
  require(parsed.has_body == request.has_body, "whether it has a body", text);
  require(parsed.head == (request.method == "HEAD"), "method", text);
  require_same("body", parsed.body, request.body);
}

bool is_limit(int status) {
  return status == 413 || status == 414 || status == 417 || status == 431 ||
         status == 501;
}

void compare(const std::vector<Parsed>& all, const Model& model,
             std::string_view text) {
  for (size_t i = 0; i < all.size(); ++i) {
    if (i < model.requests.size()) {
      if (all[i].state == State::kRefused) {
        require(is_limit(all[i].status), "a good request is refused", text);
        return;
      }
      require(all[i].state == State::kComplete, "a whole request hangs", text);
      compare(all[i], model.requests[i], text);
      continue;
    }
    require(all[i].state != State::kComplete,
            "a request that the strict reader does not see", text);
    require(model.rest != Rest::kMalformed || all[i].state == State::kRefused,
            "what must be refused is waited for", text);
  }
  require(all.size() >= model.requests.size(), "a request is lost", text);
  require(model.rest != Rest::kMalformed || all.size() > model.requests.size(),
          "what must be refused is not seen", text);
}

}  // namespace

void fuzz(const uint8_t* data, size_t size) {
  const Input input = read_input(data, size);
  const http::RequestLimits limits =
      (input.mode & 1) != 0 ? http::RequestLimits() : tight_limits();
  const auto whole = parse({input.text}, limits);
  require_same("whole and in pieces", text_of(whole),
               text_of(parse(cut(input.text, input.sizes), limits)));
  require_same("whole and byte by byte", text_of(whole),
               text_of(parse(cut_evenly(input.text, 1), limits)));
  compare(whole, read_requests(input.text, limits.chunk_extension_bytes),
          input.text);
}

}  // namespace rivulet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rivulet::fuzz::fuzz(data, size);
  return 0;
}

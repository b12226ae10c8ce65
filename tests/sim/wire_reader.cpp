#include "wire_reader.h"

#include <charconv>

namespace rivulet::sim {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

}  // namespace

void WireReader::feed(std::string_view bytes) {
  bytes_ += bytes;
  while (at_ < bytes_.size() && step()) {
  }
  bytes_.erase(0, at_);
  at_ = 0;
}

// True when something whole has been read.
bool WireReader::step() {
  switch (state_) {
    case State::kHead:
      return read_head();
    case State::kBody:
      return read_body();
    case State::kChunks:
      return read_chunk();
    case State::kPlain:
      return read_plain();
    case State::kEnded:
      return bad("bytes after the end");
    case State::kBad:
      return false;
  }
  return false;
}

bool WireReader::bad(std::string_view why) {
  if (state_ != State::kBad) sink_.on_bad_wire(why);
  state_ = State::kBad;
  return false;
}

bool WireReader::read_head() {
  const size_t end = rest().find("\r\n\r\n");
  if (end == std::string_view::npos) return false;
  std::string_view lines = rest().substr(0, end + 2);
  AnswerHead head;
  if (!lines.starts_with("HTTP/1.1 ")) return bad("no status line");
  std::from_chars(lines.data() + 9, lines.data() + 12, head.status);
  while (!lines.empty()) {
    const size_t line_end = lines.find(kLineEnd);
    read_field(lines.substr(0, line_end), head);
    lines.remove_prefix(line_end + kLineEnd.size());
  }
  at_ += end + 4;
  body_size_ = head.content_length;
  switch (sink_.on_head(head)) {
    case Following::kNothing:
      break;
    case Following::kBody:
      if (!head.has_length) return bad("an answer without a length");
      state_ = State::kBody;
      if (body_size_ == 0) return read_body();
      break;
    case Following::kChunks:
      state_ = State::kChunks;
      break;
    case Following::kPlainStream:
      state_ = State::kPlain;
      break;
  }
  return true;
}

void WireReader::read_field(std::string_view line, AnswerHead& head) {
  constexpr std::string_view kLength = "Content-Length: ";
  if (line.starts_with(kLength)) {
    head.has_length = true;
    std::from_chars(line.data() + kLength.size(), line.data() + line.size(),
                    head.content_length);
  }
  if (line == "Transfer-Encoding: chunked") head.chunked = true;
  if (line == "Connection: close") head.closes = true;
  if (line == "Content-Type: text/event-stream") head.event_stream = true;
}

bool WireReader::read_body() {
  if (rest().size() < body_size_) return false;
  state_ = State::kHead;
  sink_.on_body(rest().substr(0, body_size_));
  at_ += body_size_;
  return true;
}

bool WireReader::read_chunk() {
  const size_t line_end = rest().find(kLineEnd);
  constexpr size_t kLongestSize = 8;
  if (line_end == std::string_view::npos) {
    return rest().size() > kLongestSize ? bad("no chunk size") : false;
  }
  size_t size = 0;
  const char* const end = rest().data() + line_end;
  const auto parsed = std::from_chars(rest().data(), end, size, 16);
  if (parsed.ptr != end || line_end == 0) return bad("no chunk size");
  const size_t whole = line_end + 2 + size + 2;
  if (rest().size() < whole) return false;
  if (rest().substr(whole - 2, 2) != kLineEnd) return bad("no end of a chunk");
  if (size == 0) {
    state_ = State::kEnded;
    sink_.on_last_chunk();
  } else {
    sink_.on_chunk(rest().substr(line_end + 2, size));
  }
  at_ += whole;
  return true;
}

bool WireReader::read_plain() {
  const size_t taken = sink_.on_plain(rest());
  at_ += taken;
  return taken > 0;
}

}  // namespace rivulet::sim

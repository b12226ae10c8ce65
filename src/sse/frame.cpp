#include "sse/frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <limits>
#include <new>
#include <string>

namespace rivulet::sse {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
// Of an event of one line: the names of its fields and their line ends.
constexpr size_t kFieldNames = 64;

void append_field(std::string& out, std::string_view name,
                  std::string_view value) {
  assert(value.find_first_of(std::string_view("\r\n\0", 3)) ==
         std::string_view::npos);
  out += name;
  out += ": ";
  out += value;
  out += '\n';
}

struct Line {
  std::string_view text;
  bool last;
};

// Takes the first line off the front of `rest`, its line end (CR, LF or CRLF)
// too. The last line has none, and may be empty.
Line take_line(std::string_view& rest) {
  const size_t end = rest.find_first_of("\r\n");
  if (end == std::string_view::npos) return {rest, true};
  const Line line{rest.substr(0, end), false};
  const bool crlf = rest.substr(end).starts_with(kLineEnd);
  rest.remove_prefix(end + (crlf ? 2 : 1));
  return line;
}

}  // namespace

Frame* Frame::allocate(size_t size, size_t prefix, size_t suffix,
                       uint64_t sequence) {
  assert(size <= std::numeric_limits<uint32_t>::max());
  void* memory = ::operator new(sizeof(Frame) + size);
  return new (memory)
      Frame(static_cast<uint32_t>(size), static_cast<uint8_t>(prefix),
            static_cast<uint8_t>(suffix), sequence);
}

void Frame::destroy(const Frame* frame) {
  frame->~Frame();
  ::operator delete(const_cast<Frame*>(frame));
}

FrameRef Frame::chunk(std::string_view payload, uint64_t sequence) {
  assert(!payload.empty());  // an empty chunk would end the stream
  const std::string head = fmt::format("{:x}\r\n", payload.size());
  Frame* frame = allocate(head.size() + payload.size() + kLineEnd.size(),
                          head.size(), kLineEnd.size(), sequence);
  char* end = std::copy(head.begin(), head.end(), frame->data());
  end = std::copy(payload.begin(), payload.end(), end);
  std::copy(kLineEnd.begin(), kLineEnd.end(), end);
  return FrameRef(frame);
}

FrameRef Frame::copy(std::string_view whole, uint8_t prefix, uint8_t suffix,
                     uint64_t sequence) {
  assert(size_t{prefix} + suffix < whole.size());
  Frame* frame = allocate(whole.size(), prefix, suffix, sequence);
  std::copy(whole.begin(), whole.end(), frame->data());
  return FrameRef(frame);
}

FrameRef Frame::raw(std::string_view bytes) {
  assert(!bytes.empty());
  return copy(bytes, 0, 0, 0);
}

FrameRef encode_event(const Event& event, uint64_t sequence) {
  std::string payload;
  payload.reserve(event.data.size() + event.name.size() + event.id.size() +
                  kFieldNames);
  if (!event.name.empty()) append_field(payload, "event", event.name);
  if (event.retry) append_field(payload, "retry", fmt::to_string(*event.retry));
  std::string_view rest = event.data;
  for (bool last = false; !last;) {
    const Line line = take_line(rest);
    append_field(payload, "data", line.text);
    last = line.last;
  }
  if (!event.id.empty()) append_field(payload, "id", event.id);
  payload += '\n';
  return Frame::chunk(payload, sequence);
}

FrameRef encode_comment(std::string_view text) {
  return Frame::chunk(fmt::format(":{}\n", text));
}

FrameRef encode_opening(uint64_t retry_ms) {
  return Frame::chunk(fmt::format("retry: {}\n: rivulet\n", retry_ms));
}

}  // namespace rivulet::sse

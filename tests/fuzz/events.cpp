// Fuzzes sse::EventParser: the text as an event stream, in one piece, in those
// that the input names and byte by byte, and against the model.
//
// mode: bits 0-1 the limit.
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "check.h"
#include "event_model.h"
#include "input.h"
#include "sse/event_parser.h"

namespace rivulet::fuzz {
namespace {

using Fault = sse::EventParser::Fault;

// All that can be seen, to be compared.
std::string described(std::string_view name, std::string_view data) {
  return "event " + std::string(name) + "\n" + std::string(data) + "\n";
}

// From memory of just the piece's size, so that AddressSanitizer sees a byte
// too far. False when there is a fault.
bool feed(sse::EventParser& parser, std::string_view piece, std::string& text) {
  const std::unique_ptr<char[]> copy(new char[piece.size()]);
  piece.copy(copy.get(), piece.size());
  std::string_view rest(copy.get(), piece.size());
  while (!rest.empty()) {
    const size_t used = parser.feed(rest);
    require(used > 0 && used <= rest.size(), "how much is taken", piece);
    rest.remove_prefix(used);
    if (parser.fault() != Fault::kNone) return false;
    if (parser.has_event()) text += described(parser.name(), parser.data());
    require(parser.has_event() || rest.empty(), "no event, but bytes left",
            piece);
  }
  return true;
}

std::string ending(int fault) {
  return "fault " + std::to_string(fault) + "\n";
}

std::string parse(const std::vector<std::string_view>& pieces, size_t limit) {
  sse::EventParser parser(limit);
  std::string text;
  size_t longest = 0;
  for (const std::string_view piece : pieces) {
    longest = std::max(longest, piece.size());
    if (!feed(parser, piece, text)) break;
    // A line, the data and the name, each with what doubling leaves unused.
    constexpr size_t kOthers = 128;
    require(parser.held_bytes() <= 2 * (3 * limit + longest + kOthers),
            "more is held than an event", piece);
  }
  return text + ending(static_cast<int>(parser.fault()));
}

std::string model(std::string_view stream, size_t limit) {
  const ModelEvents read = model_read_stream(stream, limit);
  std::string text;
  for (const auto& [name, data] : read.events) text += described(name, data);
  switch (read.fault) {
    case EventFault::kTooLarge:
      return text + ending(static_cast<int>(Fault::kTooLarge));
    case EventFault::kNul:
      return text + ending(static_cast<int>(Fault::kNul));
    case EventFault::kNotUtf8:
      return text + ending(static_cast<int>(Fault::kNotUtf8));
    case EventFault::kNone:
      break;
  }
  return text + ending(static_cast<int>(Fault::kNone));
}

}  // namespace

void fuzz(const uint8_t* data, size_t size) {
  const Input input = read_input(data, size);
  const size_t limit = std::array<size_t, 4>{1'000, 64, 8, 3}[input.mode & 3U];
  const std::string expected = model(input.text, limit);
  require_same("the model and the whole", expected, parse({input.text}, limit));
  require_same("the model and pieces", expected,
               parse(cut(input.text, input.sizes), limit));
  require_same("the model and single bytes", expected,
               parse(cut_evenly(input.text, 1), limit));
}

}  // namespace rivulet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rivulet::fuzz::fuzz(data, size);
  return 0;
}

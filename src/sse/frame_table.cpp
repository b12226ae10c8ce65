#include "sse/frame_table.h"

#include <limits>
#include <string>

namespace rivulet::sse {

void FrameTable::carry(base::State& state, FrameRef& frame) {
  uint64_t number = 0;
  if (!state.loading()) {
    const uint64_t next = numbers_.size() + 1;
    const auto [known, fresh] = numbers_.try_emplace(frame.get(), next);
    number = fresh ? 0 : known->second;
  }
  state.number(number);
  if (number == 0) {
    carry_bytes(state, frame);
    if (state.loading()) frames_.push_back(frame);
  } else if (state.loading()) {
    state.require(number <= frames_.size(), "a frame is not there");
    frame = frames_[number - 1];
  }
}

void FrameTable::carry_bytes(base::State& state, FrameRef& frame) const {
  std::string bytes;
  uint8_t prefix = 0;
  uint8_t suffix = 0;
  uint64_t sequence = 0;
  if (!state.loading()) {
    bytes = frame->chunked();
    prefix = frame->prefix();
    suffix = frame->suffix();
    sequence = frame->sequence();
  }
  state.text(bytes);
  state.number(prefix);
  state.number(suffix);
  state.number(sequence);
  state.require(size_t{prefix} + suffix < bytes.size() &&
                    bytes.size() <= std::numeric_limits<uint32_t>::max(),
                "a frame is empty or too long");
  state.require(sequence == 0 || sequence < next_,
                "an event is of the time to come");
  if (state.loading()) frame = Frame::copy(bytes, prefix, suffix, sequence);
}

}  // namespace rivulet::sse

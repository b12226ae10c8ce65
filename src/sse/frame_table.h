// The frames of a state (base/state.h), each once: they are shared by many
// queues, and are to be shared by as many when they are read.
//
//   0 + bytes   the first time that a frame comes by
//   n           the n-th of those that came by, from then on
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/state.h"
#include "sse/frame.h"

namespace rivulet::sse {

class FrameTable {
 public:
  // All events have sequence numbers below `next` (hub/history.h). While
  // loading, a frame with another is refused.
  void set_next(uint64_t next) { next_ = next; }

  // Saves or loads `frame`; while saving it is not null.
  void carry(base::State& state, FrameRef& frame);

 private:
  void carry_bytes(base::State& state, FrameRef& frame) const;

  std::unordered_map<const Frame*, uint64_t> numbers_;  // while saving
  std::vector<FrameRef> frames_;                        // while loading
  uint64_t next_ = 0;
};

}  // namespace rivulet::sse

// What waits for a client, for the binary that goes on writing it
// (server/upgrade.h).
#include <new>
#include <utility>

#include "base/state.h"
#include "sse/frame_table.h"
#include "sse/output_queue.h"

namespace rivulet::sse {

// The frame in front may have been written in part, and the next bytes belong
// behind that part.
void OutputQueue::carry(base::State& state, FrameTable& frames) {
  const size_t count = state.count(this->frames(), sizeof(uint64_t));
  uint64_t last_event = 0;
  for (size_t i = 0; i < count; ++i) {
    FrameRef frame;
    if (!state.loading()) {
      frame = i == 0 ? front_ : backlog_->at(static_cast<uint32_t>(i - 1));
    }
    frames.carry(state, frame);
    const uint64_t sequence = frame->sequence();
    state.require(sequence == 0 || sequence > last_event,
                  "events wait in the wrong order");
    if (sequence != 0) last_event = sequence;
    if (state.loading() && !push(std::move(frame))) throw std::bad_alloc();
  }
  state.number(written_);
  state.require(written_ == 0 || (front_ && written_ < size_of(front_)),
                "more of a frame is written than it has");
  uint64_t next = cursor();
  state.number(next);
  if (state.loading() && !set_cursor(next)) throw std::bad_alloc();
}

}  // namespace rivulet::sse

// One SSE stream: what remains of a connection once it has become one.
//
//            end(): last chunk queued            peer's FIN seen
//   kLive ──────────────────────────> kEnding ────────────────────┐
//     │                                  │ drained: our FIN sent  │
//     │ peer's FIN: last chunk queued    v                        │
//     │                              kLingering ── peer's FIN,    │
//     v                                  │         or timeout     │
//   kEndingAlone <───────────────────────│────────────────────────┘
//     │ drained                          v
//     └──────────────────────────────> retired         any: reset, too slow
//
// A live stream is subscribed in the hub and waits in one of two lists: for its
// heartbeat, or, when its socket is full, for that to change (stalled). Every
// other is in neither. It has no parser and no read buffer, and its
// queue has no storage while nothing waits: one object is all that an idle
// client costs.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/deadline_list.h"
#include "hub/subscriber.h"
#include "os/reactor.h"
#include "os/socket.h"
#include "server/context.h"
#include "server/end_reason.h"
#include "sse/output_queue.h"

namespace rivulet::server {

class Stream final : public os::EventHandler,
                     public hub::Subscriber,
                     public base::Deadline {
 public:
  // Owns `socket` from here on. `peer` is its os::peer_group().
  Stream(Context& context, os::Socket socket, uint64_t peer,
         sse::Framing framing);
  ~Stream() override;

  // Goes live under `id`, once the reactor has it: queues `head`, which holds
  // the response head and whatever answers are still unwritten before it, and
  // the opening bytes. Without memory for all that it is gone.
  void start(std::string_view id, std::string_view head);

  // Ends a live stream cleanly: what is queued, `last_words` (lines of the
  // event stream, may be empty), the last chunk, FIN.
  void end(EndReason reason, std::string_view last_words = {});

  // Closes at once, to make room.
  void evict() { abandon(EndReason::kSlow); }

  void on_readable() override;
  void on_writable() override;
  void on_flush() override;
  void on_no_memory() override;
  void deliver(const sse::FrameRef& frame) override;
  void on_deadline();

 private:
  enum class State : uint8_t { kLive, kEnding, kEndingAlone, kLingering };

  // More pieces than one write has ever room for in a socket's free space.
  static constexpr size_t kPiecesAWrite = 64;
  // What a client may send on its stream before it is taken for a nuisance.
  static constexpr size_t kMaxIgnoredBytes = size_t{64} * 1024;

  void join(std::string_view id);
  [[nodiscard]] bool stalled() const;
  void write_queue();
  void on_left_over(bool moved, bool socket_full);
  void report_memory();
  void on_drained();
  void on_peer_end();
  void ignore(size_t bytes);
  void leave(EndReason reason);
  void abandon(EndReason reason);
  void retire();

  Context& context_;
  os::Socket socket_;
  sse::OutputQueue queue_;
  base::Time last_write_;
  base::Time opened_;
  uint64_t peer_;
  size_t held_ = 0;  // as reported to HeldMemory
  uint32_t ignored_bytes_ = 0;
  State state_ = State::kLive;
  bool lost_frame_ = false;  // there was no memory to queue one: it must end
};

}  // namespace rivulet::server

// One SSE stream: what remains of a connection once it has become one.
//
//        ┌── backlog past the soft mark ──> kCatchingUp <── Last-Event-ID
//        │                                   │    ^            on arrival
//   kLive <──── head of the history ─────────┘    │
//     │                                           │ the history has the rest
//     │          Last-Event-ID that only ──> kRecalling
//     │          Redis still knows
//     │
//     │ all three: end(): last chunk queued  peer's FIN seen
//     ├───────────────────────────────> kEnding ──────────────────┐
//     │                                    │ drained: FIN sent    │
//     │ all three: peer's FIN: last chunk  v                      │
//     v                                kLingering ── peer's FIN,  │
//   kEndingAlone <─────────────────────────│─── or timeout ───────┘
//     │ drained                            v
//     └────────────────────────────────> retired       any: reset, too slow
//
// An open stream, live, catching up or recalling, is subscribed in the hub. A
// live one has a queue of what is to be written. One that catches up has a
// number there, the queue's cursor: the next event that it needs from the
// history. It takes a slice whenever its socket has taken the last one, passes
// new events by, for the history has them, and is live when it has reached the
// newest. So a client that comes back and one that reads slowly are served in
// the same way, and neither holds a copy of anything.
//
// One that recalls (recalls.h; only with `redis`) gets from Redis, slice by
// slice, what the history does not hold any more; it passes new events by, too,
// and catches up once it has come to where the history begins.
//
// When the history has given up what the cursor points at, the next slice
// begins with a gap and goes on at the oldest event that is held. A stream
// whose socket is full then is not waited for: it ends as too slow.
//
// It waits in at most one list: for its heartbeat while it is live or
// recalling, for its next slice, or, when its socket is full, for that to
// change (stalled). It has no parser and no read buffer, and its queue has no
// storage while nothing waits: one object is all that an idle client costs. It
// lies where its descriptor says (base/slots.h), which is its slot in the hub
// too: so whoever visits many goes through memory in order.
#pragma once

#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/deadline_list.h"
#include "hub/subscriber.h"
#include "os/reactor.h"
#include "os/socket.h"
#include "server/context.h"
#include "server/end_reason.h"
#include "server/outcome.h"
#include "sse/frame_table.h"
#include "sse/output_queue.h"

namespace rivulet::server {

class Stream final : public os::EventHandler,
                     public hub::Subscriber,
                     public base::Deadline {
 public:
  // Owns `socket` from here on. `peer` is for whom it counts in limits. Throws
  // std::bad_alloc, and `socket` is as it was then.
  [[nodiscard]] static std::unique_ptr<Stream> make(Context& context,
                                                    os::Socket&& socket,
                                                    uint64_t peer,
                                                    sse::Framing framing);
  ~Stream() override;
  // Leaves its slot to the next with its descriptor.
  static void operator delete(Stream* stream, std::destroying_delete_t how);

  // Opens as `wanted` says, once the reactor has it: queues `head`, which holds
  // whatever answers are still unwritten, the response head and the opening
  // frame. Without memory for all that it is gone.
  void start(const OpenStream& wanted, std::string_view head);

  // Ends an open stream cleanly: what is queued, `last_words` (lines of the
  // event stream, may be empty), the last chunk, FIN.
  void end(EndReason reason, std::string_view last_words = {});

  // Ends an open stream because its token is not good any more (Expiries).
  void on_expired();

  // Closes at once, to make room.
  void evict();

  // What Redis has of the events that it missed (Recalls): one of them, or word
  // that some are gone; false without memory.
  [[nodiscard]] bool take_recalled(const sse::FrameRef& event);
  [[nodiscard]] bool tell_gap(std::string_view after, std::string_view before,
                              std::string_view id);
  // That was all for now: true when it has something to write, and wants more
  // when that is written. With `next` it goes on in the history from there.
  [[nodiscard]] bool on_recalled(std::optional<uint64_t> next);

  [[nodiscard]] uint64_t peer() const { return peer_; }
  [[nodiscard]] sse::Framing framing() const { return queue_.framing(); }

  // Into and out of the state of a server (upgrade.h): into one that has not
  // been started.
  void carry(base::State& state, sse::FrameTable& frames);

  void on_readable() override;
  void on_writable() override;
  void on_flush() override;
  void on_no_memory() override;
  void deliver(const sse::FrameRef& frame) override;
  void kick() override;
  [[nodiscard]] Status status() const override;
  void on_deadline();

 private:
  enum class State : uint8_t {
    kLive,
    kCatchingUp,
    kRecalling,
    kEnding,
    kEndingAlone,
    kLingering,
  };
  // What a fan-out may not do, and the next flush does.
  enum class Verdict : uint8_t { kNone, kNoMemory, kKicked };

  // One write takes all that waits, as a rule: what many publishers add between
  // two flushes of a stream must not be more than a flush takes away.
  static constexpr size_t kPiecesAWrite = os::Socket::kMaxPieces;
  // What may wait behind a full socket before the history keeps it for us.
  static constexpr size_t kSoftMark = size_t{64} * 1024;
  // What is taken from the history in one turn, and how many events are looked
  // at for it: many may be for others.
  static constexpr size_t kSliceBytes = size_t{64} * 1024;
  static constexpr size_t kSliceFrames = 64;
  static constexpr size_t kEventsASlice = 1024;
  // What a client may send on its stream before it is taken for a nuisance.
  static constexpr size_t kMaxIgnoredBytes = size_t{64} * 1024;

  Stream(Context& context, os::Socket socket, uint64_t peer,
         sse::Framing framing);
  [[nodiscard]] bool open() const {
    return state_ == State::kLive || state_ == State::kCatchingUp ||
           state_ == State::kRecalling;
  }
  [[nodiscard]] bool stalled() const;
  void join(const OpenStream& wanted);
  void carry_subscription(base::State& state);
  [[nodiscard]] bool queue_opening(const OpenStream& wanted,
                                   std::string_view head);
  [[nodiscard]] bool begin_recall(const OpenStream& wanted);
  void leave_cluster();
  void carry_recall(base::State& state);
  void take(const sse::FrameRef& frame);
  [[nodiscard]] bool queue_gap(std::string_view last_event_id);
  [[nodiscard]] std::string address() const;
  [[nodiscard]] uint32_t seconds_now() const;
  [[nodiscard]] uint16_t ticks_now() const;
  void take_slice();
  void go_live();
  [[nodiscard]] bool overtaken() const;
  [[nodiscard]] bool skip_what_is_gone();
  [[nodiscard]] bool fall_back();
  [[nodiscard]] bool bound_backlog();
  void write_queue();
  void count_written(size_t bytes);
  void on_left_over(bool moved, bool socket_full);
  void report_memory();
  void report_memory(size_t cost);
  void on_drained();
  void on_peer_end();
  void ignore(size_t bytes);
  void leave(EndReason reason);
  void abandon(EndReason reason);
  void retire();

  // In this order for an idle stream is this object, and for three cache lines
  // make it: a delivery needs the first, which has what the loop and the
  // fan-out look at, and the last, which begins with context_, but not that
  // between them (base/prefetch.h).
  uint32_t opened_ = 0;  // in seconds of the reactor's clock
  Context& context_;
  sse::OutputQueue queue_;
  uint64_t peer_;
  // These share 16 bytes: counts that no stream lives to exceed, and a few
  // small ones.
  static constexpr uint64_t kMostBytes = (uint64_t{1} << 48U) - 1;
  static constexpr uint64_t kMostEvents = (uint64_t{1} << 40U) - 1;
  static constexpr uint64_t kMostIgnored = (uint64_t{1} << 17U) - 1;
  static_assert(kMaxIgnoredBytes <= kMostIgnored);
  uint64_t bytes_sent_ : 48 = 0;
  uint64_t last_write_ : 16 = 0;  // in ticks, see ticks_now()
  uint64_t events_sent_ : 40 = 0;
  uint64_t ignored_bytes_ : 17 = 0;
  State state_ : 4 = State::kLive;
  Verdict verdict_ : 3 = Verdict::kNone;
  os::Socket socket_;
};

}  // namespace rivulet::server

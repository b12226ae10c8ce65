// One who watches the server (GET /stats): an event stream of its figures,
// which is no stream of the hub. It is in no fan-out, no history and no count
// of streams, so nobody changes what he looks at by looking.
//
//   kOpen ── end(): last chunk queued ──> kEnding ── written: FIN ──┐
//     │                                                               v
//     │ peer's FIN, reset,                     peer's FIN,       kLingering
//     │ full for write-timeout                 or timeout             │
//     └────────────────────────> retired <────────────────────────────┘
//
// Figures that are out of date are worth nothing: while its socket is full it
// is shown no more, and so at most one event waits for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/intrusive_list.h"
#include "os/reactor.h"
#include "os/socket.h"
#include "sse/frame_table.h"
#include "sse/output_queue.h"

namespace rivulet::server {

struct Context;
struct WatcherTag {};

class Watcher final : public os::EventHandler,
                      public base::ListNode<WatcherTag> {
 public:
  // Owns `socket` from here on.
  Watcher(Context& context, os::Socket socket, sse::Framing framing)
      : context_(context), socket_(std::move(socket)), queue_(framing) {}
  ~Watcher() override;

  // Once the reactor has it: queues `head`, which is the response's head and
  // the first bytes of the stream, and joins those who watch.
  void start(std::string_view head);

  // Shows new figures, unless the last ones are still waiting; ends one that
  // has taken nothing for too long. Called about once a second.
  void show(const sse::FrameRef& figures);

  // Ends cleanly: `last_words` (lines of the event stream, may be empty), last
  // chunk, FIN.
  void end(std::string_view last_words);

  [[nodiscard]] sse::Framing framing() const { return queue_.framing(); }

  // Into and out of the state of a server (upgrade.h): into one that has not
  // been started.
  void carry(base::State& state, sse::FrameTable& frames);

  void on_readable() override;
  void on_writable() override { write_queue(); }
  void on_flush() override { write_queue(); }
  void on_no_memory() override;

 private:
  enum class State : uint8_t { kOpen, kEnding, kLingering };

  // What a client may send on its stream before it is taken for a nuisance.
  static constexpr size_t kMaxIgnoredBytes = size_t{64} * 1024;
  static constexpr size_t kPiecesAWrite = 4;

  [[nodiscard]] bool overdue() const;
  void write_queue();
  void on_drained();
  void retire();

  Context& context_;
  os::Socket socket_;
  sse::OutputQueue queue_;
  base::Time moved_{};  // when its socket took bytes last
  size_t ignored_bytes_ = 0;
  State state_ = State::kOpen;
};

}  // namespace rivulet::server

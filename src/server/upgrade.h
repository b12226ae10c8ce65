// Another binary in the same process: SIGUSR2 replaces the program while its
// streams stay open (`systemctl kill -s USR2 --kill-whom=main`).
//
//   old binary                           new binary
//   ──────────                           ──────────
//   kIdle
//     │ SIGUSR2: the state to memory
//     ├── starts it as a child ────────> --check-state: reads the options and
//     v                                  the state, makes a server of them, on
//   kChecking   serves all the while     sockets that stand in for ours, says
//     │                                  so, and exits
//     ├<── answer(), exit status 0 ──────┘
//     v
//   kChecked
//     │ between two turns: the state to memory, once more, and execve(2)
//     ╎
//     ╎ the same process: PID, descriptors, signals that wait, environment
//     v
//   (gone)                               does the same on the descriptors, and
//                                        goes on in kIdle
//
// Whatever goes wrong before the execve(2) leaves the old binary as it is: no
// such file, a child that fails, crashes or takes too long, a format that it
// does not read, a state that does not arrive, no memory. It is back in kIdle,
// with a line in the log and a count in /metrics that say so. After the
// execve(2) there is nobody to go back to: that is why the child does what the
// new binary will do, with the same code, options and state.
//
// The state (base/state.h: version, length, checksum) holds what cannot be made
// anew, in this order:
//
//   Handover     arguments of the start, epoch and key: carrier.h
//   Metrics      counters go on
//   Listeners    descriptors, and the files of unix sockets
//   Hub          next sequence number; the history, each event with its
//                audience
//   Cluster      with redis: how far its stream has been read
//   Streams      in order of arrival: id, topics, counts, expiry, and the queue
//                with what of its first frame is written; frames are there once
//                and are shared again
//   Watchers
//   Connections  a head that has not come in whole as its bytes, which are read
//                anew; a body as the request, what has been decoded of it, and
//                the unfinished event; answers that are not written
//   Waits        every list of deadlines, with since when each waits: the clock
//                is the same
//   Turns        who waits to publish
//   Stats        when the next figures are due
//
// Sockets lose nothing: what comes meanwhile waits in the kernel, and what the
// old binary has read stands in the state. Options are read as they are then,
// as by SIGHUP, but what is open stays open. Draining, a server does not
// upgrade, for it ends anyway.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "os/child.h"
#include "os/program.h"
#include "os/reactor.h"
#include "server/context.h"

namespace rivulet::server {

class Upgrade {
 public:
  // How long the child may take: it reads what this process has in memory.
  static constexpr base::Duration kPatience{10'000};

  // The one argument of the child.
  static constexpr const char* kCheckState = "--check-state";

  explicit Upgrade(Context& context) : context_(context) {}

  // What to run, and the arguments of the start: before that there is nothing
  // to upgrade to.
  void plan(os::Program program, std::vector<std::string> arguments) {
    program_ = std::move(program);
    arguments_ = std::move(arguments);
  }
  [[nodiscard]] const std::vector<std::string>& arguments() const {
    return arguments_;
  }

  [[nodiscard]] bool idle() const { return state_ == State::kIdle; }
  [[nodiscard]] bool checked() const { return state_ == State::kChecked; }

  // What a child says, and nothing else, that can go on with `state`: that it
  // exits well may be said of any program.
  [[nodiscard]] static std::string answer(std::string_view state);

  // In kIdle: has a child check `state`.
  void start(std::string_view state);
  // In kChecked: runs the new binary. Comes back only when that fails.
  void finish(std::string_view state, const std::vector<uint64_t>& descriptors);
  // Not now: says why, and is in kIdle again.
  void fail(std::string_view reason);

  // Gives up a child that takes too long.
  void run_due();
  // When to call that again; nothing without a child.
  [[nodiscard]] std::optional<base::Time> next() const;

 private:
  enum class State : uint8_t { kIdle, kChecking, kChecked };

  // Reads what the child says: the loop's handler, as long as there is one.
  class Listening final : public os::EventHandler {
   public:
    Listening(Upgrade& upgrade, std::string expected)
        : upgrade_(upgrade), expected_(std::move(expected)) {}
    [[nodiscard]] int fd() const { return child_.fd(); }
    [[nodiscard]] os::Child& child() { return child_; }
    [[nodiscard]] std::string reason();
    void on_readable() override;
    void on_writable() override {}
    void on_flush() override {}
    void on_no_memory() override;

   private:
    Upgrade& upgrade_;
    os::Child child_;
    std::string expected_;
    std::string said_;
  };

  void on_end(const std::string& reason);
  void forget_child();

  Context& context_;
  os::Program program_;
  std::vector<std::string> arguments_;
  State state_ = State::kIdle;
  Listening* listening_ = nullptr;  // the reactor's; in kChecking
  base::Time began_{};
};

}  // namespace rivulet::server

// One connection of a client with a server of its own, as the target
// `connection` drives it: real sockets, a real reactor, no listener and no
// sleep. A witness is subscribed to the hub beside it.
#pragma once

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../unit/support/receiver.h"
#include "../unit/support/server_bench.h"
#include "answers.h"
#include "check.h"
#include "server/drain.h"

namespace rivulet::fuzz {

inline constexpr std::string_view kWitness = "w";
inline constexpr std::string_view kWitnessTopic = "t";
inline constexpr std::string_view kLastEvent = "after";

// kFlood: the client goes on sending, whatever it is told.
enum class Ending : uint8_t {
  kFin,
  kFinAfterDeadlines,
  kFlood,
  kClose,
  kDrain
};

struct Mode {
  explicit Mode(uint8_t bits)
      : ending(static_cast<Ending>((bits & 7) % 5)),
        small_buffers((bits & 8) != 0),
        reads_late((bits & 16) != 0),
        even_piece(std::array<size_t, 4>{100'000, 1, 7, 61}[bits >> 5 & 3]) {}

  Ending ending;
  bool small_buffers;
  bool reads_late;
  size_t even_piece;
};

// Small limits, so that small inputs reach them.
inline server::Settings tight_settings() {
  server::Settings settings = test::default_settings();
  settings.max_event_bytes = 64;
  settings.history = {.events = 20, .bytes = size_t{64} * 1024};
  settings.epoch = 0xe;
  settings.request.target_bytes = 256;
  settings.request.fields_bytes = 512;
  settings.request.fields = 12;
  settings.request.body_bytes = 256;
  settings.request.chunk_extension_bytes = 32;
  settings.request.trailer_bytes = 128;
  return settings;
}

inline const server::Settings& settings() {
  static const server::Settings settings = tight_settings();
  return settings;
}

inline int lowest_free_descriptor() {
  const int fd = ::dup(STDERR_FILENO);
  ::close(fd);
  return fd;
}

// One connection of a client with a server of its own.
class Exchange {
 public:
  explicit Exchange(const Mode& mode) : mode_(mode) {
    const std::vector<std::string> topics{std::string(kWitnessTopic)};
    bench_.context.hub.subscribe(witness_, kWitness, topics);
    if (mode.small_buffers) {
      constexpr int kBytes = 4096;
      ::setsockopt(pair_.ours.get(), SOL_SOCKET, SO_SNDBUF, &kBytes,
                   sizeof(kBytes));
    }
    bench_.admit(std::move(pair_.ours));
  }
  ~Exchange() {
    if (witness_.subscribed()) witness_.leave(bench_.context.hub);
  }

  void send(std::string_view bytes) {
    while (!bytes.empty() && !refused_) {
      const ssize_t size =
          ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size > 0) {
        bytes.remove_prefix(static_cast<size_t>(size));
        turn();
        if (!mode_.reads_late) receive();
      } else if (errno == EAGAIN) {
        settle();  // reads, or the two would wait for each other
      } else {
        refused_ = true;
      }
    }
  }

  // The end of the client's side, and then everything up to the server's.
  void finish() {
    settle();
    bench_.context.hub.publish({}, {.name = {}, .data = kLastEvent});
    settle();
    if (mode_.ending == Ending::kFinAfterDeadlines) pass_deadlines();
    if (mode_.ending == Ending::kDrain) drain();
    ended_first_ = ended_;
    if (mode_.ending != Ending::kClose) {
      ::shutdown(fd(), SHUT_WR);
      settle();
      require(ended_, "the server does not end the connection", received_);
    }
    pair_.peer.reset();
    check_nothing_stays();
  }

  [[nodiscard]] const std::string& received() const { return received_; }
  [[nodiscard]] bool reset() const { return reset_; }
  // Whether the server sent its FIN before the client did.
  [[nodiscard]] bool ended_first() const { return ended_first_; }

  // What the witness got before the last event, which is of this file, as
  // read_events() has it.
  [[nodiscard]] std::vector<std::string> witnessed() const {
    std::string all;
    for (const auto& frame : witness_.frames) all += frame->plain();
    std::vector<std::string> events = read_events(all);
    require(!events.empty() && events.back() == kLastEvent,
            "the witness misses the last event", all);
    events.pop_back();
    return events;
  }

 private:
  [[nodiscard]] int fd() const { return pair_.peer.get(); }

  void turn() { bench_.turn(); }

  // Says whether something came.
  bool receive() {
    static std::array<char, 65536> buffer;
    bool any = false;
    while (!ended_) {
      const ssize_t size = ::recv(fd(), buffer.data(), buffer.size(), 0);
      if (size > 0) {
        received_.append(buffer.data(), static_cast<size_t>(size));
        any = true;
      } else if (size < 0 && errno == EAGAIN) {
        break;
      } else {
        ended_ = true;
        reset_ = size < 0;
      }
    }
    return any;
  }

  void pass_deadlines() {
    constexpr base::Duration kHour{3'600'000};
    bench_.context.deadlines.run_due(bench_.context.reactor.now() + kHour);
    settle();
  }

  // As at SIGTERM.
  void drain() {
    server::Drain drain(bench_.context);
    drain.start();
    drain.run_due();
    settle();
    require(ended_, "a drain does not end the connection", received_);
  }

  // Until both sides wait for something else.
  void settle() {
    constexpr int kIdleTurns = 3;  // read, answer, and one to be sure
    for (int idle = 0; idle < kIdleTurns; ++idle) {
      turn();
      if (receive()) idle = 0;
    }
  }

  void check_nothing_stays() {
    constexpr int kTurns = 4;
    for (int n = 0; n < kTurns; ++n) turn();
    require(bench_.context.reactor.watched() == 0, "a handler stays behind");
    require(bench_.context.hub.subscriber_count() == 1,
            "a subscription stays behind");
  }

  Mode mode_;
  test::ServerBench bench_{settings()};
  test::Receiver witness_{test::Receiver::kFirstSlot};
  test::SocketPair pair_;
  std::string received_;
  bool refused_ = false;
  bool ended_ = false;
  bool ended_first_ = false;
  bool reset_ = false;
};

}  // namespace rivulet::fuzz

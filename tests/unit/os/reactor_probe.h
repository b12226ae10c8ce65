// A handler that counts its calls and does what a test tells it to, for the
// tests of the reactor.
#pragma once

#include <cstdlib>
#include <functional>
#include <memory>
#include <utility>

#include "os/reactor.h"

namespace rivulet::os {

class Probe final : public ReplaceableHandler {
 public:
  // Owns `fd`, as a connection owns its socket.
  explicit Probe(UniqueFd fd) : fd_(std::move(fd)) { ++living_; }
  ~Probe() override { --living_; }

  void on_readable() override {
    ++reads;
    if (when_readable) when_readable();
  }
  void on_writable() override {
    ++writes;
    if (when_writable) when_writable();
  }
  void on_flush() override {
    ++flushes;
    if (when_flushed) when_flushed();
  }

  void on_no_memory() override { ++no_memory; }

  [[nodiscard]] UniqueFd& fd() { return fd_; }
  // How many of them there are.
  [[nodiscard]] static int living() { return living_; }

  int reads = 0;
  int writes = 0;
  int flushes = 0;
  int no_memory = 0;
  std::function<void()> when_readable;
  std::function<void()> when_writable;
  std::function<void()> when_flushed;

 private:
  static inline int living_ = 0;
  UniqueFd fd_;
};

// Gives `reactor` a probe that owns `fd`.
inline Probe& watch(Reactor& reactor, UniqueFd fd) {
  const int number = fd.get();
  auto probe = std::make_unique<Probe>(std::move(fd));
  Probe& watched = *probe;
  if (!reactor.watch(number, std::move(probe))) std::abort();
  return watched;
}

// A turn that never sleeps.
inline void turn(Reactor& reactor) {
  reactor.turn(reactor.now());
}

}  // namespace rivulet::os

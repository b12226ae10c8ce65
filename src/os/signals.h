// Signals as something to read: they are blocked and come through a
// descriptor (signalfd(2)), so that no handler interrupts the program.
#pragma once

#include <cstdint>
#include <optional>

#include "os/unique_fd.h"

namespace rivulet::os {

enum class Signal : uint8_t {
  kTerminate,  // SIGTERM or SIGINT
  kReload,     // SIGHUP
  kUpgrade,    // SIGUSR2
};

class SignalQueue {
 public:
  // Throws std::system_error when the kernel refuses.
  SignalQueue();

  [[nodiscard]] int fd() const { return fd_.get(); }

  // The next signal that has arrived; nothing when there is none. One that came
  // several times before it was read is there once.
  [[nodiscard]] std::optional<Signal> next() const;

 private:
  UniqueFd fd_;
};

}  // namespace rivulet::os

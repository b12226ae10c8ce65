// What can go wrong in the simulated kernel, and how often each of it does.
#pragma once

#include "random.h"

namespace rivulet::sim {

// Each a probability for one call.
struct Faults {
  double short_read = 0;
  double short_write = 0;
  double read_not_ready = 0;   // EAGAIN although there are bytes
  double write_not_ready = 0;  // EAGAIN although there is room
  double interrupted = 0;      // epoll_wait() says EINTR
  double partly_ready = 0;     // epoll_wait() reports some of what is ready
  double spurious = 0;         // epoll_wait() reports what is not ready
  double reset = 0;            // the network drops the connection
  double no_descriptor = 0;    // accept() says EMFILE
  double aborted = 0;          // accept() says ECONNABORTED
  double none_waiting = 0;     // accept() says EAGAIN although there is one
  double no_epoll_memory = 0;  // epoll_ctl() says ENOMEM
  double no_memory = 0;        // operator new fails
  double still_no_memory = 0;  // and so does the next one

  // Some schedules are calm, some have one fault often, some have them all.
  static Faults drawn_from(Random& random) {
    Faults faults;
    if (random.chance(0.2)) return faults;
    const double wildness = random.chance(0.3) ? 0.9 : 0.3;
    const auto rate = [&](double most) {
      if (!random.chance(wildness)) return 0.0;
      constexpr size_t kSteps = 100;
      return most * static_cast<double>(random.of_any_size(1, kSteps)) / kSteps;
    };
    faults.short_read = rate(1.0);
    faults.short_write = rate(1.0);
    faults.read_not_ready = rate(0.5);
    faults.write_not_ready = rate(0.5);
    faults.interrupted = rate(0.3);
    faults.partly_ready = rate(0.9);
    faults.spurious = rate(0.3);
    faults.reset = rate(0.02);
    faults.no_descriptor = rate(0.3);
    faults.aborted = rate(0.3);
    faults.none_waiting = rate(0.5);
    faults.no_epoll_memory = rate(0.2);
    faults.no_memory = rate(0.05);
    faults.still_no_memory = rate(0.9);
    return faults;
  }
};

}  // namespace rivulet::sim

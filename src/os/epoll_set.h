// What the loop asks of the kernel: which descriptors are ready (epoll(7)). The
// loop itself, os/reactor.h, is plain code above this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/clock.h"
#include "os/unique_fd.h"

namespace rivulet::os {

// What to wait for. Errors and hang-ups are always reported.
enum class Interest : uint8_t {
  kNone = 0,
  kRead = 1,
  kWrite = 2,
  kReadWrite = 3,
};

// What a descriptor is ready for.
struct Ready {
  int fd;
  bool readable;
  bool writable;
  bool failed;  // an error or a hang-up: whatever is tried next will tell
};

// Level-triggered. A descriptor leaves the set by being closed, together with
// every duplicate of it (epoll(7), questions and answers): os/foreign_socket.h
// makes such.
class EpollSet {
 public:
  // The most that one wait() reports.
  static constexpr size_t kBatch = 512;

  // Throws std::system_error when the kernel gives none.
  EpollSet();

  // False when the kernel takes no more: no memory, or the user's limit of
  // watches (ENOMEM, ENOSPC).
  [[nodiscard]] bool add(int fd, Interest interest);
  void modify(int fd, Interest interest);

  // Fills `ready`, at most kBatch, and says how many there are. Sleeps until
  // there is one, or for `limit`, for ever when that is nothing; or until a
  // signal comes, and then there are none.
  [[nodiscard]] size_t wait(std::span<Ready, kBatch> ready,
                            std::optional<base::Duration> limit);

 private:
  UniqueFd epoll_;
};

}  // namespace rivulet::os

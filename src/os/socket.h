// A connected stream socket, non-blocking. System calls are answered as small
// results; errno goes no further than this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "os/buffer.h"
#include "os/ip_address.h"
#include "os/unique_fd.h"

namespace rivulet::os {

enum class IoStatus : uint8_t {
  kDone,      // `size` bytes were moved, at least one
  kNotReady,  // nothing now; epoll will tell
  kEnd,       // the peer has sent its FIN: no more bytes will come
  kBroken,    // reset, timed out or otherwise dead: close it
};

struct IoResult {
  IoStatus status;
  size_t size = 0;
};

class Socket {
 public:
  // The most pieces that one write() takes (the kernel's IOV_MAX).
  static constexpr size_t kMaxPieces = 1024;

  Socket() = default;
  explicit Socket(UniqueFd fd) : fd_(std::move(fd)) {}

  [[nodiscard]] bool valid() const { return fd_.valid(); }
  [[nodiscard]] int fd() const { return fd_.get(); }

  // One recv(2) into `buffer`, which is not empty.
  [[nodiscard]] IoResult read(std::span<char> buffer) const;

  // One gathered write of 1 to kMaxPieces pieces. A dead peer is kBroken,
  // never SIGPIPE. kDone may be short: the socket is then full.
  [[nodiscard]] IoResult write(std::span<const ConstBuffer> pieces) const;

  // Sends a FIN after what has been written; reading goes on.
  void shutdown_write() const;

  // Who is at the other end: neither an address nor a unix socket when it has
  // left.
  [[nodiscard]] Peer peer() const;

  // "192.0.2.1:4711", "[2001:db8::1]:4711" or "unix": the peer. "gone" when it
  // has left, "unknown" without memory for more: it is asked for when things
  // end.
  [[nodiscard]] std::string peer_address() const;

 private:
  [[nodiscard]] IoResult write_one(const ConstBuffer& piece) const;

  UniqueFd fd_;
};

}  // namespace rivulet::os

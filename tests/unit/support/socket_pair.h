// Two connected, non-blocking sockets: `ours` is given to what is tested,
// `peer` stays with the test.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>

#include "os/unique_fd.h"

namespace rivulet::test {

struct SocketPair {
  SocketPair() {
    std::array<int, 2> fds{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
                         fds.data()) == 0);
    ours.reset(fds[0]);
    peer.reset(fds[1]);
  }

  os::UniqueFd ours;
  os::UniqueFd peer;
};

inline void send_all(int fd, std::string_view bytes) {
  REQUIRE(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(bytes.size()));
}

// What has arrived so far; `*ended`, when given, says whether the end has too.
inline std::string receive(int fd, bool* ended = nullptr) {
  std::string all;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (ended != nullptr) *ended = size == 0;
    if (size <= 0) return all;
    all.append(buffer.data(), static_cast<size_t>(size));
  }
}

// Whether the other end is closed and everything before that has been read.
inline bool at_end(int fd) {
  char byte = 0;
  return ::recv(fd, &byte, 1, MSG_PEEK) == 0;
}

// Writes until the socket takes no more; answers how many bytes that were.
inline size_t fill(int fd) {
  static const std::array<char, 65536> kBytes{};
  size_t total = 0;
  for (;;) {
    const ssize_t size = ::send(fd, kBytes.data(), kBytes.size(), MSG_NOSIGNAL);
    if (size < 0) {
      REQUIRE(errno == EAGAIN);
      return total;
    }
    total += static_cast<size_t>(size);
  }
}

inline bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) != -1;
}

}  // namespace rivulet::test

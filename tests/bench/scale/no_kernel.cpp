// Takes the place of src/os/{unique_fd,socket,epoll_set}.cpp: see no_kernel.h.
#include "no_kernel.h"

#include <cstddef>
#include <string>

#include "os/epoll_set.h"
#include "os/socket.h"
#include "os/unique_fd.h"

namespace rivulet::bench {
namespace {

uint64_t taken = 0;

}  // namespace

uint64_t writes() {
  return taken;
}

}  // namespace rivulet::bench

namespace rivulet::os {

// Closes nothing: the numbers are no descriptors of this process.
void UniqueFd::reset(int fd) {
  fd_ = fd;
}

IoResult Socket::read(std::span<char> /*buffer*/) const {
  return {IoStatus::kNotReady};
}

IoResult Socket::write(std::span<const ConstBuffer> pieces) const {
  ++bench::taken;
  size_t size = 0;
  for (const ConstBuffer& piece : pieces) size += piece.size;
  return {IoStatus::kDone, size};
}

void Socket::shutdown_write() const {}

Peer Socket::peer() const {
  return {};
}

std::string Socket::peer_address() const {
  return "none";
}

EpollSet::EpollSet() = default;

bool EpollSet::add(int /*fd*/, Interest /*interest*/) {
  return true;
}

void EpollSet::modify(int /*fd*/, Interest /*interest*/) {}

size_t EpollSet::wait(std::span<Ready, kBatch> /*ready*/,
                      std::optional<base::Duration> /*limit*/) {
  return 0;
}

}  // namespace rivulet::os

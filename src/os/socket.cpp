#include "os/socket.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cassert>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <new>

#include "os/address.h"

namespace rivulet::os {
namespace {

static_assert(sizeof(ConstBuffer) == sizeof(iovec));
static_assert(offsetof(ConstBuffer, data) == offsetof(iovec, iov_base));
static_assert(offsetof(ConstBuffer, size) == offsetof(iovec, iov_len));
static_assert(Socket::kMaxPieces <= IOV_MAX);

IoStatus status_of_error() {
  // EINTR: the call is asked for again, and a level-triggered epoll will.
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
    return IoStatus::kNotReady;
  }
  return IoStatus::kBroken;
}

IoResult result_of_write(ssize_t size) {
  if (size > 0) return {IoStatus::kDone, static_cast<size_t>(size)};
  // 0: nothing was taken, as of a full socket.
  if (size == 0) return {IoStatus::kNotReady};
  return {status_of_error()};
}

}  // namespace

IoResult Socket::read(std::span<char> buffer) const {
  assert(!buffer.empty());
  const ssize_t size = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
  if (size > 0) return {IoStatus::kDone, static_cast<size_t>(size)};
  if (size == 0) return {IoStatus::kEnd};
  return {status_of_error()};
}

IoResult Socket::write(std::span<const ConstBuffer> pieces) const {
  assert(!pieces.empty() && pieces.size() <= kMaxPieces);
  if (pieces.size() == 1) return write_one(pieces[0]);
  msghdr message{};
  // The kernel does not write through these pointers; iovec has no const form.
  message.msg_iov =
      const_cast<iovec*>(reinterpret_cast<const iovec*>(pieces.data()));
  message.msg_iovlen = pieces.size();
  const ssize_t size = ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
  return result_of_write(size);
}

// The usual case: the kernel has no list of pieces to copy.
IoResult Socket::write_one(const ConstBuffer& piece) const {
  return result_of_write(
      ::send(fd_.get(), piece.data, piece.size, MSG_NOSIGNAL));
}

void Socket::shutdown_write() const {
  ::shutdown(fd_.get(), SHUT_WR);
}

Peer Socket::peer() const {
  Address address;
  if (::getpeername(fd_.get(), address.raw(), &address.size) != 0) return {};
  return {address.storage.ss_family == AF_UNIX, ip_of(address)};
}

std::string Socket::peer_address() const {
  Address address;
  if (::getpeername(fd_.get(), address.raw(), &address.size) != 0) {
    return "gone";
  }
  try {
    return to_string(address);
  } catch (const std::bad_alloc&) {
    return "unknown";
  }
}

}  // namespace rivulet::os

#include "os/listener.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "os/address.h"

namespace rivulet::os {
namespace {

// Capped by the kernel to net.core.somaxconn (listen(2)).
constexpr int kBacklog = 65535;

[[noreturn]] void fail(std::string_view what, std::string_view address) {
  throw std::system_error(errno, std::generic_category(),
                          fmt::format("cannot {} {}", what, address));
}

void set_option(int fd, int level, int name, int value = 1) {
  ::setsockopt(fd, level, name, &value, sizeof(value));
}

// A minute after a peer has fallen silent it is asked whether it is there, and
// given up after another: a publisher may be silent for hours, and one whose
// machine has lost its power never says so.
void probe_silent_peers(int fd) {
  constexpr int kSilentSeconds = 60;
  constexpr int kProbeSeconds = 15;
  constexpr int kProbes = 4;
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, kSilentSeconds);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, kProbeSeconds);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, kProbes);
}

// Every accepted socket inherits this from the listener, without a call of its
// own (tcp(7)).
void prepare_tcp(int fd) {
  // An event is small and wanted now: never wait for a full segment.
  set_option(fd, IPPROTO_TCP, TCP_NODELAY);
  probe_silent_peers(fd);
}

// A socket file that nobody listens on is left over from a crash: it is
// removed. One that answers belongs to a running server.
void remove_stale_socket(const Address& address, const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) return;
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(probe.get(), address.raw(), address.size) != 0 &&
      errno == ECONNREFUSED) {
    ::unlink(path.c_str());
  }
}

}  // namespace

Listener::Listener(std::string_view text) {
  const Address address = parse_address(text);
  const int family = address.storage.ss_family;
  if (family == AF_UNIX) {
    unlink_path_ = text.substr(text.find(':') + 1);
    remove_stale_socket(address, unlink_path_);
  }
  fd_.reset(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd_.valid()) fail("open a socket for", text);
  if (family != AF_UNIX) {
    set_option(fd_.get(), SOL_SOCKET, SO_REUSEADDR);
    prepare_tcp(fd_.get());
  }
  if (::bind(fd_.get(), address.raw(), address.size) != 0) {
    unlink_path_.clear();  // not ours
    fail("listen on", text);
  }
  if (::listen(fd_.get(), kBacklog) != 0) fail("listen on", text);
  learn_address();
}

Listener::Listener(UniqueFd inherited) : fd_(std::move(inherited)) {
  learn_address();
  if (!address_.starts_with("unix")) prepare_tcp(fd_.get());
}

void Listener::learn_address() {
  Address bound;
  ::getsockname(fd_.get(), bound.raw(), &bound.size);
  address_ = to_string(bound);
  local_ = is_local(bound);
}

Listener::~Listener() {
  if (!unlink_path_.empty()) ::unlink(unlink_path_.c_str());
}

AcceptResult Listener::accept() const {
  Address peer;
  UniqueFd fd(::accept4(fd_.get(), peer.raw(), &peer.size,
                        SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (fd.valid()) {
    return {AcceptStatus::kAccepted, Socket(std::move(fd)), peer_group(peer)};
  }
  switch (errno) {
    case EAGAIN:
      return {AcceptStatus::kNoneWaiting};
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return {AcceptStatus::kNoDescriptors};
    default:  // the peer left, or its network failed (accept(2), errors)
      return {AcceptStatus::kTryAgain};
  }
}

}  // namespace rivulet::os

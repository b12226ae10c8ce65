#include "os/listener.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

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

// False when the kernel refuses it, which most can be done without.
bool set_option(int fd, int level, int name, int value = 1) {
  return ::setsockopt(fd, level, name, &value, sizeof(value)) == 0;
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

// Who else may listen there: said before bind(2), which decides by it
// (socket(7), ipv6(7)). False when it is not sure who could connect.
bool prepare_bind(int fd, int family, const ListenerOptions& options) {
  set_option(fd, SOL_SOCKET, SO_REUSEADDR);
  if (options.reuse_port) set_option(fd, SOL_SOCKET, SO_REUSEPORT);
  // Said either way: the default is the machine's (net.ipv6.bindv6only).
  return family != AF_INET6 ||
         set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, options.ipv6_only ? 1 : 0);
}

}  // namespace

Listener::Listener(std::string_view text, const ListenerOptions& options) {
  const Address address = parse_address(text);
  const int family = address.storage.ss_family;
  fd_.reset(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd_.valid()) fail("open a socket for", text);
  bool listens = false;
  if (family == AF_UNIX) {
    const std::string_view path = text.substr(text.find(':') + 1);
    listens = file_.listen(fd_.get(), address, path, options.mode, kBacklog);
  } else {
    prepare_tcp(fd_.get());
    listens = prepare_bind(fd_.get(), family, options) &&
              ::bind(fd_.get(), address.raw(), address.size) == 0 &&
              ::listen(fd_.get(), kBacklog) == 0;
  }
  if (!listens) fail("listen on", text);
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

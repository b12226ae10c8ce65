#include "os/service_manager.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "base/text.h"

namespace rivulet::os {
namespace {

constexpr int kFirstInherited = 3;  // SD_LISTEN_FDS_START
// More than any unit has: a larger number is a mistake.
constexpr uint64_t kMaxInheritedSockets = 64;

std::optional<uint64_t> number_in(const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr) return std::nullopt;
  return base::parse_decimal(value);
}

// A child that inherits the variables is not the one that they are for.
bool names_us(std::optional<uint64_t> process) {
  return process == static_cast<uint64_t>(::getpid());
}

// A path, or, with @ in place of the zero byte, a name in the abstract
// namespace (unix(7)).
UniqueFd connect_to(std::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) return {};
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path.front() == '@') address.sun_path[0] = '\0';
  const auto size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  UniqueFd socket(
      ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto* raw = reinterpret_cast<const sockaddr*>(&address);
  if (!socket.valid() || ::connect(socket.get(), raw, size) != 0) return {};
  return socket;
}

// Of the socket itself (socket(7)); -1 when there is none.
int socket_option(int fd, int name) {
  int value = -1;
  socklen_t size = sizeof(value);
  return ::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

// Throws when `fd` is no listening stream socket; makes it ours.
UniqueFd adopt(int fd) {
  UniqueFd socket(fd);
  if (socket_option(fd, SO_ACCEPTCONN) != 1 ||
      socket_option(fd, SO_TYPE) != SOCK_STREAM) {
    throw std::system_error(
        ENOTSOCK, std::generic_category(),
        "an inherited descriptor is no stream socket that listens");
  }
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  return socket;
}

// The names stand between colons, as many as there are sockets. Guessing whose
// a name is could open to all what is meant for a few.
void name_all(std::vector<InheritedSocket>& sockets) {
  const char* names = std::getenv("LISTEN_FDNAMES");
  if (names == nullptr || sockets.empty()) return;
  std::string_view rest = names;
  const auto colons = std::count(rest.begin(), rest.end(), ':');
  if (static_cast<size_t>(colons) + 1 != sockets.size()) {
    throw std::system_error(EINVAL, std::generic_category(),
                            "LISTEN_FDNAMES has not a name for each socket");
  }
  for (InheritedSocket& socket : sockets) {
    socket.name = base::take_until(rest, ':');
  }
}

}  // namespace

ServiceManager ServiceManager::from_environment() {
  ServiceManager manager;
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr) return manager;
  manager.socket_ = connect_to(path);
  const auto watchdog = number_in("WATCHDOG_USEC");
  const auto watched = number_in("WATCHDOG_PID");
  if (watchdog && *watchdog > 0 && (!watched || names_us(watched))) {
    manager.watchdog_ = std::chrono::duration_cast<base::Duration>(
        std::chrono::microseconds(*watchdog));
  }
  return manager;
}

void ServiceManager::tell(std::string_view lines) const {
  if (!socket_.valid()) return;
  [[maybe_unused]] const ssize_t sent =
      ::send(socket_.get(), lines.data(), lines.size(), MSG_NOSIGNAL);
}

std::vector<InheritedSocket> take_inherited_sockets() {
  std::vector<InheritedSocket> sockets;
  const auto count = number_in("LISTEN_FDS");
  if (count && names_us(number_in("LISTEN_PID"))) {
    if (*count > kMaxInheritedSockets) {
      throw std::system_error(EINVAL, std::generic_category(),
                              "LISTEN_FDS is too large");
    }
    for (int n = 0; n < static_cast<int>(*count); ++n) {
      sockets.push_back({adopt(kFirstInherited + n)});
    }
    name_all(sockets);
  }
  for (const char* name : {"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"}) {
    ::unsetenv(name);
  }
  return sockets;
}

}  // namespace rivulet::os

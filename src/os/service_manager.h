// Speaks with the service manager that started the process, which is systemd
// as a rule: sd_notify(3) one way, and the other way the sockets that it has
// opened for us, sd_listen_fds(3). Both protocols are environment variables, a
// datagram socket and descriptors from 3 on; there is no need of a library.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "os/unique_fd.h"

namespace rivulet::os {

class ServiceManager {
 public:
  // Tells nobody anything.
  ServiceManager() = default;

  // The one that the environment names: NOTIFY_SOCKET, and WATCHDOG_USEC when
  // it is meant for this process.
  [[nodiscard]] static ServiceManager from_environment();

  // Sends lines of `VARIABLE=value`. One that does not listen is not waited
  // for: telling it is a courtesy, and serving goes on.
  void tell(std::string_view lines) const;

  // It restarts us when it has not heard WATCHDOG=1 for so long; nothing when
  // it does not watch.
  [[nodiscard]] std::optional<base::Duration> watchdog() const {
    return watchdog_;
  }

 private:
  UniqueFd socket_;  // connected, or invalid
  std::optional<base::Duration> watchdog_;
};

struct InheritedSocket {
  UniqueFd fd;
  // What its unit calls it, FileDescriptorName=; empty when nobody says.
  std::string name{};
};

// The listening sockets that were handed over to this process (LISTEN_FDS,
// LISTEN_FDNAMES), not to be inherited any further. The variables are removed,
// unless it throws, so that asking again, or a child, finds none. Throws
// std::system_error when there are more than 64, when one of them is no stream
// socket that listens, or when there are names for more or fewer.
[[nodiscard]] std::vector<InheritedSocket> take_inherited_sockets();

}  // namespace rivulet::os

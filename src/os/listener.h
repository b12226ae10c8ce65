// A listening socket, non-blocking: TCP on one address, or a unix socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "os/socket.h"
#include "os/socket_file.h"
#include "os/unique_fd.h"

namespace rivulet::os {

enum class AcceptStatus : uint8_t {
  kAccepted,
  kNoneWaiting,    // every waiting connection has been taken
  kNoDescriptors,  // no descriptor or memory is left (EMFILE, ENFILE, ENOBUFS,
                   // ENOMEM)
  kTryAgain,       // that one peer was gone already: there may be others
};

struct AcceptResult {
  AcceptStatus status;
  Socket socket{};    // valid when kAccepted: non-blocking, TCP_NODELAY
  uint64_t peer = 0;  // its peer_group()
};

struct ListenerOptions {
  // Who may connect to a unix socket, as chmod(1) takes it; unless set, whom
  // the umask leaves.
  std::optional<unsigned> mode{};
  // Other processes of the same user may listen on the same TCP port, and the
  // kernel spreads connections over all (SO_REUSEPORT). Each must ask for it.
  bool reuse_port = false;
  // An IPv6 wildcard leaves IPv4 to others; else it takes it too.
  bool ipv6_only = false;
};

class Listener {
 public:
  // Binds and listens on `address` (see parse_address). Throws
  // std::invalid_argument for an address that cannot be read, and
  // std::system_error when the kernel refuses it (EADDRINUSE above all).
  explicit Listener(std::string_view address,
                    const ListenerOptions& options = {});
  // Takes a socket that listens already, from a service manager. Whoever has
  // bound it removes its file.
  explicit Listener(UniqueFd inherited);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() = default;

  [[nodiscard]] int fd() const { return fd_.get(); }

  // What it is bound to, with the port the kernel chose when 0 was asked for.
  [[nodiscard]] const std::string& address() const { return address_; }

  // Whether only this machine reaches it.
  [[nodiscard]] bool local() const { return local_; }

  [[nodiscard]] AcceptResult accept() const;

  [[nodiscard]] SocketFile& file() { return file_; }

 private:
  void learn_address();

  UniqueFd fd_;
  SocketFile file_;  // of a unix socket: goes before the socket does
  std::string address_;
  bool local_ = false;
};

}  // namespace rivulet::os

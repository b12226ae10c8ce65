// A listening socket, non-blocking: TCP on one address, or a unix socket.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "os/socket.h"
#include "os/unique_fd.h"

namespace rivulet::os {

enum class AcceptStatus : uint8_t {
  kAccepted,
  kNoneWaiting,    // every waiting connection has been taken
  kNoDescriptors,  // the process or the machine has none left (EMFILE, ENFILE)
  kTryAgain,       // that one peer was gone already: there may be others
};

struct AcceptResult {
  AcceptStatus status;
  Socket socket{};    // valid when kAccepted: non-blocking, TCP_NODELAY
  uint64_t peer = 0;  // its peer_group()
};

class Listener {
 public:
  // Binds and listens on `address` (see parse_address). Throws
  // std::invalid_argument for an address that cannot be read, and
  // std::system_error when the kernel refuses it (EADDRINUSE above all).
  explicit Listener(std::string_view address);
  // Takes a socket that listens already, from a service manager. Whoever has
  // bound it removes its file.
  explicit Listener(UniqueFd inherited);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  [[nodiscard]] int fd() const { return fd_.get(); }

  // What it is bound to, with the port the kernel chose when 0 was asked for.
  [[nodiscard]] const std::string& address() const { return address_; }

  // Whether only this machine reaches it.
  [[nodiscard]] bool local() const { return local_; }

  [[nodiscard]] AcceptResult accept() const;

 private:
  void learn_address();

  UniqueFd fd_;
  std::string address_;
  bool local_ = true;
  std::string unlink_path_;  // of a unix socket: removed with the listener
};

}  // namespace rivulet::os

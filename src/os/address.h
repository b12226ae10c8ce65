// Socket addresses as text: what `listen` takes and what logs print.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "os/ip_address.h"

namespace rivulet::os {

// A text that is no address: it is told together with the reason, and the
// reason alone is there for who tells the text in another way.
class AddressError : public std::invalid_argument {
 public:
  AddressError(std::string_view text, std::string_view reason);
  [[nodiscard]] const std::string& reason() const { return reason_; }

 private:
  std::string reason_;
};

// A socket address of any family, with the length that the kernel wants.
struct Address {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);

  [[nodiscard]] sockaddr* raw() {
    return reinterpret_cast<sockaddr*>(&storage);
  }
  [[nodiscard]] const sockaddr* raw() const {
    return reinterpret_cast<const sockaddr*>(&storage);
  }
};

// Reads "127.0.0.1:3000", "[::1]:3000", "localhost:3000", "*:3000" (every
// interface) or "unix:/run/rivulet.sock". Numeric addresses only: a server
// that waits for a resolver at boot does not start at boot. Throws
// AddressError.
[[nodiscard]] Address parse_address(std::string_view text);

// Whether only this machine reaches it: loopback, or a unix socket. False of a
// family that is not known here.
[[nodiscard]] bool is_local(const Address& address);

// Where this machine finds who listens on `address`: loopback in place of a
// wildcard, and `address` itself otherwise.
[[nodiscard]] Address reachable(const Address& address);

// The address without its port; nothing for a unix socket, and for a family
// that is not known here.
[[nodiscard]] std::optional<IpAddress> ip_of(const Address& address);

// Which peers are one for a limit: IpAddress::group(), which is never 0. 0 for
// a peer without such an address: a unix socket.
[[nodiscard]] uint64_t peer_group(const Address& address);

// The reverse of parse_address, for logs; "unix" for a peer without a path, and
// "unix:@name" for a name in the abstract namespace (unix(7)). IPv4 is written
// as that, also where it came in by an IPv6 socket.
[[nodiscard]] std::string to_string(const Address& address);

}  // namespace rivulet::os

// The value of `trusted-proxy`: whose word about the clients behind them is
// believed.
#pragma once

#include <string_view>
#include <vector>

#include "os/ip_address.h"

namespace rivulet::server {

class TrustedProxies {
 public:
  // Nobody.
  TrustedProxies() = default;

  // Reads addresses, networks such as "10.0.0.0/8", and "unix:" for whoever
  // comes over a unix socket, between commas or blanks. Throws
  // std::invalid_argument for anything else, and for an empty list.
  [[nodiscard]] static TrustedProxies parse(std::string_view text);

  [[nodiscard]] bool nobody() const { return networks_.empty() && !unix_; }
  [[nodiscard]] bool trusts(const os::IpAddress& address) const;
  [[nodiscard]] bool trusts(const os::Peer& peer) const;

 private:
  std::vector<os::IpNetwork> networks_;
  bool unix_ = false;
};

}  // namespace rivulet::server

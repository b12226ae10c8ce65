#include "server/trusted_proxies.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace rivulet::server {

TrustedProxies TrustedProxies::parse(std::string_view text) {
  constexpr std::string_view kBetween = ", \t";
  TrustedProxies proxies;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of(kBetween), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    if (word == "unix:") {
      proxies.unix_ = true;
    } else if (const auto network = os::IpNetwork::parse(word)) {
      proxies.networks_.push_back(*network);
    } else {
      throw std::invalid_argument(fmt::format(
          "'{}' is no address, no network such as 10.0.0.0/8 with nothing "
          "after its prefix, and not unix:",
          word));
    }
  }
  if (proxies.nobody()) {
    throw std::invalid_argument("expected addresses, networks or unix:");
  }
  return proxies;
}

bool TrustedProxies::trusts(const os::IpAddress& address) const {
  return std::ranges::any_of(networks_, [&](const os::IpNetwork& network) {
    return network.contains(address);
  });
}

bool TrustedProxies::trusts(const os::Peer& peer) const {
  return peer.on_unix_socket ? unix_ : peer.ip && trusts(*peer.ip);
}

}  // namespace rivulet::server

#include "server/client_addresses.h"

#include <cassert>
#include <new>

#include "server/forwarded.h"

namespace rivulet::server {

void ClientAddresses::forget(const os::Socket& socket) {
  if (find(socket) != nullptr) set(socket, os::IpAddress());
}

uint64_t ClientAddresses::learn(const os::Socket& socket, uint64_t peer,
                                const http::Request& request) {
  const TrustedProxies& trusted = settings_.trusted_proxies;
  forget(socket);
  if (trusted.nobody()) return peer;
  if (!trusted.trusts(socket.peer())) return peer;
  const auto client = forwarded_client(request, trusted);
  if (!client) return peer;
  set(socket, *client);
  return client->group();
}

std::string ClientAddresses::text(const os::Socket& socket) const {
  const os::IpAddress* address = find(socket);
  if (address == nullptr) return socket.peer_address();
  try {
    return address->to_string();
  } catch (const std::bad_alloc&) {
    return "unknown";
  }
}

const os::IpAddress* ClientAddresses::find(const os::Socket& socket) const {
  const auto place = static_cast<size_t>(socket.fd());
  if (!socket.valid() || place / kShare >= shares_.size()) return nullptr;
  const auto& share = shares_[place / kShare];
  if (!share) return nullptr;
  const os::IpAddress& address = (*share)[place % kShare];
  return address.unspecified() ? nullptr : &address;
}

void ClientAddresses::set(const os::Socket& socket,
                          const os::IpAddress& address) {
  assert(socket.valid());
  const auto place = static_cast<size_t>(socket.fd());
  if (place / kShare >= shares_.size()) shares_.resize(place / kShare + 1);
  auto& share = shares_[place / kShare];
  if (!share) share = std::make_unique<Share>();
  (*share)[place % kShare] = address;
}

}  // namespace rivulet::server

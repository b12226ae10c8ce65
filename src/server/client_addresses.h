// Where clients are, as far as this server can know: at the other end of their
// socket, or, when a trusted proxy is there, where it says they are.
//
// What a proxy has said is kept by descriptor, in a table beside the streams:
// descriptors are small numbers, and a server without trusted proxies pays
// nothing for it. A place in the table is good from a request on the descriptor
// to the next, and so for as long as the stream lives that the request opens.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/state.h"
#include "http/request.h"
#include "os/ip_address.h"
#include "os/socket.h"
#include "server/settings.h"

namespace rivulet::server {

class ClientAddresses {
 public:
  // `settings` may change, and must outlive it.
  explicit ClientAddresses(const Settings& settings) : settings_(settings) {}

  // `socket` is a new one.
  void forget(const os::Socket& socket);

  // Notes where `request` comes from, and answers for whom it counts in limits
  // (os::IpAddress::group()). `peer` is that of the socket itself.
  // Throws std::bad_alloc.
  [[nodiscard]] uint64_t learn(const os::Socket& socket, uint64_t peer,
                               const http::Request& request);

  // Into and out of the state of a server (upgrade.h): what is noted there.
  void carry(base::State& state, const os::Socket& socket);

  // For logs: "192.0.2.1" as a proxy has it, else with the port of the socket.
  // "unknown" without memory for more: it is asked for when things end.
  [[nodiscard]] std::string text(const os::Socket& socket) const;

 private:
  // A share of the table, so that it grows without being copied. An address
  // that is unspecified() is none.
  static constexpr size_t kShare = 1024;
  using Share = std::array<os::IpAddress, kShare>;

  [[nodiscard]] const os::IpAddress* find(const os::Socket& socket) const;
  void set(const os::Socket& socket, const os::IpAddress& address);

  const Settings& settings_;
  std::vector<std::unique_ptr<Share>> shares_;
};

}  // namespace rivulet::server

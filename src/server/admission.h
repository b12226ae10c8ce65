// Who may open one more stream: limits in total, for one address and for one
// id. A limit of 0 is none.
//
// An address is an IPv4 address or an IPv6 /64, for whoever has one address of
// such a network has all of them (os/ip_address.h, group()). Peers on a unix
// socket have none and are not limited by it, unless trusted-proxy believes
// them and they say whom they ask for (client_addresses.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "base/siphash.h"
#include "hub/hub.h"
#include "server/refusals.h"
#include "server/settings.h"

namespace rivulet::server {

class Admission {
 public:
  // `settings` may change, and must outlive it.
  Admission(const Settings& settings, const hub::Hub& hub)
      : settings_(settings),
        hub_(hub),
        by_peer_(0, base::KeyedHash(settings.hash_key)) {}

  // Which limit another stream under `id` (none when empty) from `peer` would
  // break; nothing when it may open.
  [[nodiscard]] std::optional<StreamRefusal> refusal(std::string_view id,
                                                     uint64_t peer) const;

  // A stream has opened, or is over. Throws std::bad_alloc when it opens, which
  // then does not count.
  void enter(uint64_t peer);
  void leave(uint64_t peer);

  // Addresses are counted only while they are limited. When that has changed,
  // these are the streams that are open: `other` was told of each.
  void take_counts(Admission&& other) { by_peer_.swap(other.by_peer_); }

 private:
  [[nodiscard]] bool counts(uint64_t peer) const {
    return peer != 0 && settings_.max_streams_per_address > 0;
  }

  const Settings& settings_;
  const hub::Hub& hub_;
  std::unordered_map<uint64_t, uint32_t, base::KeyedHash> by_peer_;
};

}  // namespace rivulet::server

// Whom a proxy says it asks for: X-Forwarded-For, and Forwarded (RFC 7239).
//
// Each proxy of a chain adds at the right whom it was asked by, and what stands
// further left anybody may have written. So the list is read from the right, as
// long as trusted proxies speak:
//
//   Forwarded: for=1.1.1.1, for=192.0.2.60, for=10.0.0.2      <- peer 10.0.0.1
//              not looked at    the client     trusted           trusted
//
// What cannot be told (`unknown`, an obfuscated identifier (§6.3), anything
// malformed) ends that, too: then the proxy which said so stands for whoever is
// behind it.
//
// Most proxies write one of the two fields and pass on what a client has put in
// the other. Where both are there they must name the same client, or neither is
// believed.
#pragma once

#include <optional>

#include "http/request.h"
#include "os/ip_address.h"
#include "server/trusted_proxies.h"

namespace rivulet::server {

// The client of a request that has come from a trusted proxy; nothing where
// there is nobody to be told but that proxy.
[[nodiscard]] std::optional<os::IpAddress> forwarded_client(
    const http::Request& request, const TrustedProxies& trusted);

}  // namespace rivulet::server

#include "os/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <limits>

#include "base/text.h"

namespace rivulet::os {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw AddressError(text, why);
}

Address unix_address(std::string_view text) {
  const std::string_view path = text.substr(kUnixPrefix.size());
  sockaddr_un un{};
  un.sun_family = AF_UNIX;
  if (path.empty()) refuse(text, "a path is missing after unix:");
  if (path.size() >= sizeof(un.sun_path)) {
    refuse(text, "the path is too long for a unix socket (107 bytes)");
  }
  std::memcpy(un.sun_path, path.data(), path.size());
  Address address;
  std::memcpy(&address.storage, &un, sizeof(un));
  address.size = sizeof(un);
  return address;
}

uint16_t parse_port(std::string_view text, std::string_view port) {
  const auto number = base::parse_decimal(port);
  if (!number || *number > std::numeric_limits<uint16_t>::max()) {
    refuse(text, "a port is a number from 0 to 65535");
  }
  return htons(static_cast<uint16_t>(*number));
}

// inet_pton reads the numeric forms only, which is what is wanted.
Address inet_address(std::string_view text, std::string host, uint16_t port) {
  if (host == "localhost") host = "127.0.0.1";
  if (host == "*") host = "0.0.0.0";
  Address address;
  if (sockaddr_in in{}; inet_pton(AF_INET, host.c_str(), &in.sin_addr) == 1) {
    in.sin_family = AF_INET;
    in.sin_port = port;
    std::memcpy(&address.storage, &in, sizeof(in));
    address.size = sizeof(in);
    return address;
  }
  const bool bracketed =
      host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  sockaddr_in6 in6{};
  if (!bracketed || inet_pton(AF_INET6, host.c_str(), &in6.sin6_addr) != 1) {
    refuse(text,
           "the host must be a numeric address (IPv6 in brackets), 'localhost' "
           "or '*'");
  }
  in6.sin6_family = AF_INET6;
  in6.sin6_port = port;
  std::memcpy(&address.storage, &in6, sizeof(in6));
  address.size = sizeof(in6);
  return address;
}

std::string unix_text(const Address& address) {
  sockaddr_un un{};
  std::memcpy(&un, &address.storage, sizeof(un));
  if (address.size <= offsetof(sockaddr_un, sun_path)) return "unix";
  return fmt::format("{}{}", kUnixPrefix, un.sun_path);
}

}  // namespace

AddressError::AddressError(std::string_view text, std::string_view reason)
    : std::invalid_argument(fmt::format("'{}': {}", text, reason)),
      reason_(reason) {}

Address parse_address(std::string_view text) {
  if (text.starts_with(kUnixPrefix)) return unix_address(text);
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    refuse(text, "expected HOST:PORT or unix:/path");
  }
  return inet_address(text, std::string(text.substr(0, colon)),
                      parse_port(text, text.substr(colon + 1)));
}

bool is_ipv6(std::string_view text) {
  in6_addr unused{};
  return inet_pton(AF_INET6, std::string(text).c_str(), &unused) == 1;
}

bool is_local(const Address& address) {
  constexpr unsigned kLoopbackNet = 127;
  constexpr size_t kIpv4At = 12;  // of the bytes of ::ffff:127.0.0.1
  if (address.storage.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &address.storage, sizeof(in));
    return ntohl(in.sin_addr.s_addr) >> 24 == kLoopbackNet;
  }
  if (address.storage.ss_family == AF_INET6) {
    sockaddr_in6 in6{};
    std::memcpy(&in6, &address.storage, sizeof(in6));
    return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr) != 0 ||
           (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr) != 0 &&
            in6.sin6_addr.s6_addr[kIpv4At] == kLoopbackNet);
  }
  return true;
}

Address reachable(const Address& address) {
  Address result = address;
  if (address.storage.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &address.storage, sizeof(in));
    if (in.sin_addr.s_addr == htonl(INADDR_ANY)) {
      in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
    std::memcpy(&result.storage, &in, sizeof(in));
  } else if (address.storage.ss_family == AF_INET6) {
    sockaddr_in6 in6{};
    std::memcpy(&in6, &address.storage, sizeof(in6));
    if (IN6_IS_ADDR_UNSPECIFIED(&in6.sin6_addr) != 0) {
      in6.sin6_addr = in6addr_loopback;
    }
    std::memcpy(&result.storage, &in6, sizeof(in6));
  }
  return result;
}

std::optional<IpAddress> ip_of(const Address& address) {
  if (address.storage.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &address.storage, sizeof(in));
    return IpAddress::ipv4(ntohl(in.sin_addr.s_addr));
  }
  if (address.storage.ss_family != AF_INET6) return std::nullopt;
  sockaddr_in6 in6{};
  std::memcpy(&in6, &address.storage, sizeof(in6));
  return IpAddress(std::to_array(in6.sin6_addr.s6_addr));
}

uint64_t peer_group(const Address& address) {
  const auto ip = ip_of(address);
  return ip ? ip->group() : 0;
}

std::string to_string(const Address& address) {
  char host[INET6_ADDRSTRLEN] = "";
  if (address.storage.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &address.storage, sizeof(in));
    inet_ntop(AF_INET, &in.sin_addr, host, sizeof(host));
    return fmt::format("{}:{}", host, ntohs(in.sin_port));
  }
  if (address.storage.ss_family == AF_INET6) {
    sockaddr_in6 in6{};
    std::memcpy(&in6, &address.storage, sizeof(in6));
    const IpAddress ip(std::to_array(in6.sin6_addr.s6_addr));
    const unsigned port = ntohs(in6.sin6_port);
    if (ip.is_ipv4()) return fmt::format("{}:{}", ip.to_string(), port);
    return fmt::format("[{}]:{}", ip.to_string(), port);
  }
  return unix_text(address);
}

}  // namespace rivulet::os

#include "os/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
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

// Between an Address and what one family makes of it: sockaddr_in, sockaddr_in6
// or sockaddr_un.
template <typename Family>
Address address_from(const Family& form) {
  Address address;
  std::memcpy(&address.storage, &form, sizeof(form));
  address.size = sizeof(form);
  return address;
}

template <typename Family>
Family form_of(const Address& address) {
  Family form{};
  std::memcpy(&form, &address.storage, sizeof(form));
  return form;
}

Address unix_address(std::string_view text) {
  const std::string_view path = text.substr(kUnixPrefix.size());
  sockaddr_un un{};
  constexpr size_t kLongest = sizeof(un.sun_path) - 1;
  un.sun_family = AF_UNIX;
  if (path.empty()) refuse(text, "a path is missing after unix:");
  if (path.size() > kLongest) {
    refuse(text,
           fmt::format("the path is too long for a unix socket ({} bytes)",
                       kLongest));
  }
  std::memcpy(un.sun_path, path.data(), path.size());
  return address_from(un);
}

uint16_t port_in_network_order(std::string_view text, std::string_view port) {
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
  if (sockaddr_in in{}; inet_pton(AF_INET, host.c_str(), &in.sin_addr) == 1) {
    in.sin_family = AF_INET;
    in.sin_port = port;
    return address_from(in);
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
  return address_from(in6);
}

// A name in the abstract namespace begins with a NUL, which is shown as '@' as
// elsewhere; a path that fills its place has none behind it (unix(7)).
std::string unix_text(const Address& address) {
  constexpr size_t kPathAt = offsetof(sockaddr_un, sun_path);
  if (address.size <= kPathAt) return "unix";
  const auto un = form_of<sockaddr_un>(address);
  const std::string_view name(
      un.sun_path,
      std::min<size_t>(address.size - kPathAt, sizeof(un.sun_path)));
  if (name.front() == '\0' && name.size() > 1) {
    return fmt::format("{}@{}", kUnixPrefix, base::printable(name.substr(1)));
  }
  return fmt::format("{}{}", kUnixPrefix, name.substr(0, name.find('\0')));
}

// Of an address that has one.
uint16_t port_of(const Address& address) {
  const bool is_ipv4 = address.storage.ss_family == AF_INET;
  return ntohs(is_ipv4 ? form_of<sockaddr_in>(address).sin_port
                       : form_of<sockaddr_in6>(address).sin6_port);
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
                      port_in_network_order(text, text.substr(colon + 1)));
}

bool is_local(const Address& address) {
  const auto ip = ip_of(address);
  return ip ? ip->is_loopback() : address.storage.ss_family == AF_UNIX;
}

Address reachable(const Address& address) {
  const auto ip = ip_of(address);
  if (!ip || !ip->unspecified()) return address;
  return parse_address(fmt::format(
      "{}:{}", ip->is_ipv4() ? "127.0.0.1" : "[::1]", port_of(address)));
}

std::optional<IpAddress> ip_of(const Address& address) {
  switch (address.storage.ss_family) {
    case AF_INET:
      return IpAddress::ipv4(
          ntohl(form_of<sockaddr_in>(address).sin_addr.s_addr));
    case AF_INET6:
      return IpAddress(
          std::to_array(form_of<sockaddr_in6>(address).sin6_addr.s6_addr));
    default:
      return std::nullopt;
  }
}

uint64_t peer_group(const Address& address) {
  const auto ip = ip_of(address);
  return ip ? ip->group() : 0;
}

std::string to_string(const Address& address) {
  const auto ip = ip_of(address);
  if (!ip) return unix_text(address);
  const uint16_t port = port_of(address);
  if (ip->is_ipv4()) return fmt::format("{}:{}", ip->to_string(), port);
  return fmt::format("[{}]:{}", ip->to_string(), port);
}

}  // namespace rivulet::os

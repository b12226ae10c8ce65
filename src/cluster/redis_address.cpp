#include "cluster/redis_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "base/text.h"

namespace rivulet::cluster {
namespace {

constexpr uint16_t kRedisPort = 6379;
constexpr uint64_t kMostDatabases = 1'000'000;

// What is wrong, or nothing.
using Problem = std::optional<std::string>;

std::string_view take_scheme(std::string_view& rest) {
  const size_t end = rest.find("://");
  if (end == std::string_view::npos) return {};
  const std::string_view scheme = rest.substr(0, end);
  rest.remove_prefix(end + 3);
  return scheme;
}

// Takes it from what may have it: `authority`, which `rest` begins with.
Problem read_user(std::string_view authority, std::string_view& rest,
                  RedisAddress& address) {
  const size_t at = authority.rfind('@');
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view password = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  const std::string_view name = base::take_until(password, ':');
  auto user = base::percent_decode(name);
  auto secret = base::percent_decode(password);
  if (!user || !secret) {
    return "user and password are percent-encoded UTF-8";
  }
  if (secret->empty()) return "a user needs a password: 'user:password@'";
  address.user = std::move(*user);
  address.password = std::move(*secret);
  return std::nullopt;
}

Problem read_database(std::string_view text, RedisAddress& address) {
  const auto number = base::parse_decimal(text);
  if (!number || *number >= kMostDatabases) {
    return fmt::format("the database is a number from 0 to {}",
                       kMostDatabases - 1);
  }
  address.database = static_cast<unsigned>(*number);
  return std::nullopt;
}

Problem read_port(std::string_view text, RedisAddress& address) {
  const auto number = base::parse_decimal(text);
  if (!number || *number == 0 ||
      *number > std::numeric_limits<uint16_t>::max()) {
    return "the port is from 1 to 65535";
  }
  address.port = static_cast<uint16_t>(*number);
  return std::nullopt;
}

Problem read_host(std::string_view rest, RedisAddress& address) {
  std::string_view host = base::take_until(rest, '/');
  if (!rest.empty()) {
    if (auto problem = read_database(rest, address)) return problem;
  }
  address.port = kRedisPort;
  std::string_view port;
  if (host.starts_with('[')) {  // RFC 3986 §3.2.2
    const size_t end = host.find(']');
    if (end == std::string_view::npos) return "']' is missing";
    port = host.substr(end + 1);
    address.host = host.substr(1, end - 1);
  } else {
    const size_t colon = std::min(host.find(':'), host.size());
    port = host.substr(colon);
    address.host = host.substr(0, colon);
  }
  if (address.host.empty()) return "the host is missing";
  if (port.empty()) return std::nullopt;
  if (!port.starts_with(':')) return "after the host comes ':' and a port";
  return read_port(port.substr(1), address);
}

Problem read_path(std::string_view rest, RedisAddress& address) {
  address.path = base::take_until(rest, '?');
  if (!address.path.starts_with('/')) {
    return "the path of a unix socket begins with '/'";
  }
  if (rest.empty()) return std::nullopt;
  if (base::take_until(rest, '=') != "db") return "after '?' comes 'db=NUMBER'";
  return read_database(rest, address);
}

Problem read_address(std::string_view rest, RedisAddress& address) {
  const std::string_view scheme = take_scheme(rest);
  const bool unix_socket = scheme == "redis+unix" || scheme == "unix";
  if (scheme == "rediss") {
    return "TLS to Redis is not spoken: use a unix socket, a private network, "
           "or a tunnel (stunnel) and 'redis://'";
  }
  if (!unix_socket && scheme != "redis") {
    return "begins with 'redis://' or 'redis+unix://'";
  }
  // The path of a socket may hold an '@' (RFC 3986 §3.2). A host has none
  // behind it, but a password may hold a '/' that should have been encoded.
  const std::string_view authority =
      unix_socket ? rest.substr(0, rest.find('/')) : rest;
  if (auto problem = read_user(authority, rest, address)) return problem;
  return unix_socket ? read_path(rest, address) : read_host(rest, address);
}

}  // namespace

std::variant<RedisAddress, std::string> parse_redis_address(
    std::string_view text) {
  RedisAddress address;
  if (auto problem = read_address(text, address)) return std::move(*problem);
  return address;
}

std::string to_string(const RedisAddress& address) {
  const bool ipv6 = address.host.find(':') != std::string::npos;
  std::string text = !address.path.empty() ? "unix:" + address.path
                     : ipv6 ? fmt::format("[{}]:{}", address.host, address.port)
                            : fmt::format("{}:{}", address.host, address.port);
  if (address.database != 0) text += fmt::format(" db {}", address.database);
  return text;
}

}  // namespace rivulet::cluster

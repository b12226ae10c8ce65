// Where Redis is, as the operator writes it:
//
//   redis://[[user]:password@]host[:port][/database]
//   redis+unix://[[user]:password@]/path/to.sock[?db=database]   or unix://…
//
// User and password are percent-encoded. Without TLS, `rediss` is refused.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace rivulet::cluster {

struct RedisAddress {
  std::string host;  // empty for a unix socket
  uint16_t port = 0;
  std::string path;  // of the unix socket
  std::string user;  // empty for Redis' own default
  std::string password;
  unsigned database = 0;
};

// The address, or what is wrong with `text`; the reason does not repeat it, for
// it may hold a password.
[[nodiscard]] std::variant<RedisAddress, std::string> parse_redis_address(
    std::string_view text);

// For logs: without user and password.
[[nodiscard]] std::string to_string(const RedisAddress& address);

}  // namespace rivulet::cluster

// Why a stream ended, as its log line and the counters have it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rivulet::server {

enum class EndReason : uint8_t {
  kClientClosed,
  kSlow,     // what it needs is not kept any more, or too much waited for it
  kTimeout,  // its socket took nothing for write-timeout
  kDrain,
  kKicked,
  kExpired,  // the token that opened it
  kError,    // no memory, or Redis did not say what it had missed
};
inline constexpr size_t kEndReasons = size_t(EndReason::kError) + 1;

[[nodiscard]] constexpr std::string_view to_string(EndReason reason) {
  switch (reason) {
    case EndReason::kClientClosed:
      return "client-closed";
    case EndReason::kSlow:
      return "slow";
    case EndReason::kTimeout:
      return "timeout";
    case EndReason::kDrain:
      return "drain";
    case EndReason::kKicked:
      return "kicked";
    case EndReason::kExpired:
      return "expired";
    case EndReason::kError:
      break;
  }
  return "error";
}

}  // namespace rivulet::server

// Why somebody is turned away, as log lines and counters have it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rivulet::server {

// One who asks for a stream; the first three are the names of options, and the
// last is told so for good.
enum class StreamRefusal : uint8_t {
  kMaxStreams,
  kMaxStreamsPerId,
  kMaxStreamsPerAddress,
  kDraining,
  kToken,
};
inline constexpr size_t kStreamRefusals = size_t(StreamRefusal::kToken) + 1;

[[nodiscard]] constexpr std::string_view to_string(StreamRefusal refusal) {
  switch (refusal) {
    case StreamRefusal::kMaxStreams:
      return "max-streams";
    case StreamRefusal::kMaxStreamsPerId:
      return "max-streams-per-id";
    case StreamRefusal::kMaxStreamsPerAddress:
      return "max-streams-per-address";
    case StreamRefusal::kDraining:
      return "draining";
    case StreamRefusal::kToken:
      break;
  }
  return "token";
}

// One who connects.
enum class ConnectionRefusal : uint8_t {
  kDescriptors,  // none is left
  kMemory,       // the kernel has none to watch it
  kKernel,       // which does not let it be accepted
};
inline constexpr size_t kConnectionRefusals =
    size_t(ConnectionRefusal::kKernel) + 1;

[[nodiscard]] constexpr std::string_view to_string(ConnectionRefusal refusal) {
  switch (refusal) {
    case ConnectionRefusal::kDescriptors:
      return "descriptors";
    case ConnectionRefusal::kMemory:
      return "memory";
    case ConnectionRefusal::kKernel:
      break;
  }
  return "kernel";
}

}  // namespace rivulet::server

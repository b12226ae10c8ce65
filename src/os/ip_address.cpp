#include "os/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>

#include "base/text.h"

namespace rivulet::os {
namespace {

constexpr size_t kIpv4At = 12;
constexpr unsigned kBitsBeforeIpv4 = 8 * kIpv4At;
constexpr std::array<uint8_t, IpAddress::kBytes> kMapped{
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

IpAddress IpAddress::ipv4(uint32_t number) {
  std::array<uint8_t, kBytes> bytes = kMapped;
  for (size_t i = kBytes; i > kIpv4At; --i) {
    bytes[i - 1] = static_cast<uint8_t>(number);
    number >>= 8U;
  }
  return IpAddress(bytes);
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() >= INET6_ADDRSTRLEN ||
      text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  std::ranges::copy(text, terminated.begin());
  std::array<uint8_t, kBytes> bytes = kMapped;
  if (inet_pton(AF_INET, terminated.data(), bytes.data() + kIpv4At) == 1 ||
      inet_pton(AF_INET6, terminated.data(), bytes.data()) == 1) {
    return IpAddress(bytes);
  }
  return std::nullopt;
}

std::string IpAddress::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (is_ipv4()) {
    inet_ntop(AF_INET, bytes_.data() + kIpv4At, text.data(), text.size());
  } else {
    inet_ntop(AF_INET6, bytes_.data(), text.data(), text.size());
  }
  return text.data();
}

bool IpAddress::is_ipv4() const {
  return std::equal(bytes_.begin(), bytes_.begin() + kIpv4At, kMapped.begin());
}

bool IpAddress::unspecified() const {
  const auto first = bytes_.begin() + (is_ipv4() ? kIpv4At : 0);
  return std::all_of(first, bytes_.end(), [](uint8_t b) { return b == 0; });
}

bool IpAddress::is_loopback() const {
  constexpr uint8_t kLoopbackNet = 127;
  if (is_ipv4()) return bytes_[kIpv4At] == kLoopbackNet;
  constexpr std::array<uint8_t, kBytes> kLoopback{0, 0, 0, 0, 0, 0, 0, 0,
                                                  0, 0, 0, 0, 0, 0, 0, 1};
  return bytes_ == kLoopback;
}

// An IPv4 address as ::ffff:a.b.c.d has 64 zero bits in front, and so would
// every other: it stands for itself, in a network that IPv6 does not use. So
// does ::/64, where ::1 is: 0 is for peers that have no address.
uint64_t IpAddress::group() const {
  constexpr uint64_t kIpv4Network = uint64_t{1} << 32U;
  constexpr uint64_t kZeroNetwork = 1;
  uint64_t group = 0;
  const size_t first = is_ipv4() ? kIpv4At : 0;
  const size_t size = is_ipv4() ? 4 : 8;
  for (size_t i = 0; i < size; ++i) group = group << 8U | bytes_[first + i];
  if (is_ipv4()) return kIpv4Network | group;
  return group == 0 ? kZeroNetwork : group;
}

IpAddress IpAddress::prefix(unsigned bits) const {
  IpAddress result = *this;
  for (size_t i = 0; i < kBytes; ++i) {
    const unsigned kept =
        std::min(8U, bits - std::min(bits, 8U * static_cast<unsigned>(i)));
    result.bytes_[i] &= static_cast<uint8_t>(0xff00U >> kept);
  }
  return result;
}

bool is_ipv6(std::string_view text) {
  return text.find(':') != std::string_view::npos && IpAddress::parse(text);
}

std::optional<IpNetwork> IpNetwork::parse(std::string_view text) {
  const bool has_prefix = text.find('/') != std::string_view::npos;
  const std::string_view address = base::take_until(text, '/');
  const auto first = IpAddress::parse(address);
  if (!first) return std::nullopt;
  if (!has_prefix) return IpNetwork(*first, IpAddress::kBits);
  const bool dotted = address.find(':') == std::string_view::npos;
  const unsigned before = dotted ? kBitsBeforeIpv4 : 0;
  const auto bits = base::parse_decimal(text);
  if (!bits || *bits > IpAddress::kBits - before) return std::nullopt;
  const unsigned all = before + static_cast<unsigned>(*bits);
  if (first->prefix(all) != *first) return std::nullopt;
  return IpNetwork(*first, all);
}

}  // namespace rivulet::os

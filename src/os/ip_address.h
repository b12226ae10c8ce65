// Addresses of the Internet without a port, and networks of them: to be
// compared, written and read.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rivulet::os {

// IPv6, or IPv4 as ::ffff:a.b.c.d (RFC 4291 §2.5.5.2): two spellings of one
// address are equal.
class IpAddress {
 public:
  static constexpr unsigned kBits = 128;
  static constexpr size_t kBytes = kBits / 8;

  // The unspecified one, "::".
  IpAddress() = default;
  explicit IpAddress(const std::array<uint8_t, kBytes>& bytes)
      : bytes_(bytes) {}

  // 192.0.2.1 is 0xc0000201.
  [[nodiscard]] static IpAddress ipv4(uint32_t number);

  // "192.0.2.1" or "2001:db8::1", nothing around it. Nothing for what is no
  // address.
  [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);

  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] bool is_ipv4() const;
  [[nodiscard]] const std::array<uint8_t, kBytes>& bytes() const {
    return bytes_;
  }
  // "::" or "0.0.0.0": nobody's.
  [[nodiscard]] bool unspecified() const;
  // "::1" or 127.0.0.0/8: this machine's.
  [[nodiscard]] bool is_loopback() const;

  // Which peers are one for a limit: the IPv4 address, or the first 64 bits of
  // an IPv6 address, which is what one customer has. Never 0.
  [[nodiscard]] uint64_t group() const;

  // Itself with all bits after the first `bits` cleared.
  [[nodiscard]] IpAddress prefix(unsigned bits) const;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  std::array<uint8_t, kBytes> bytes_{};
};

// Whether `text` is an IPv6 address, without brackets.
[[nodiscard]] bool is_ipv6(std::string_view text);

// "10.0.0.0/8", "2001:db8::/32", or a single address.
class IpNetwork {
 public:
  // Nothing for what is no network; bits after the prefix must be 0, for else
  // nobody knows which of the two was meant.
  [[nodiscard]] static std::optional<IpNetwork> parse(std::string_view text);

  [[nodiscard]] bool contains(const IpAddress& address) const {
    return address.prefix(bits_) == first_;
  }

 private:
  IpNetwork(const IpAddress& first, unsigned bits)
      : first_(first), bits_(bits) {}

  IpAddress first_;
  unsigned bits_;
};

// Who is at the other end of a socket.
struct Peer {
  bool on_unix_socket = false;
  std::optional<IpAddress> ip{};  // neither: it is gone
};

}  // namespace rivulet::os

// A short text that does not change once it is there, in 16 bytes.
//
//   in place   [ a n a . . . . . . . . . . . . | 3 ]      up to 15 bytes
//   elsewhere  [ pointer       | size    |     |far]      any more
//
// Ids of clients are such texts as a rule, and there is one in each stream:
// std::string would take twice the room.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

namespace rivulet::base {

class ShortText {
 public:
  static constexpr size_t kInPlace = 15;

  ShortText() = default;
  // Throws std::bad_alloc when it is longer than kInPlace and there is no
  // memory. Shorter than 4 GiB.
  explicit ShortText(std::string_view text) {
    char* place = bytes_.data();
    if (text.size() > kInPlace) {
      assert(text.size() <= std::numeric_limits<uint32_t>::max());
      place = new char[text.size()];
      const auto size = static_cast<uint32_t>(text.size());
      std::memcpy(bytes_.data(), &place, sizeof place);
      std::memcpy(bytes_.data() + sizeof place, &size, sizeof size);
    }
    bytes_[kInPlace] = text.size() > kInPlace ? kFar : char(text.size());
    if (!text.empty()) std::memcpy(place, text.data(), text.size());
  }
  ShortText(const ShortText& other) : ShortText(other.view()) {}
  ShortText(ShortText&& other) noexcept
      : bytes_(std::exchange(other.bytes_, {})) {}
  ShortText& operator=(ShortText other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~ShortText() {
    if (far()) delete[] far_text();
  }

  [[nodiscard]] bool empty() const { return bytes_[kInPlace] == 0; }
  // As long as this lives, unmoved.
  [[nodiscard]] std::string_view view() const {
    if (!far()) return {bytes_.data(), size_t(bytes_[kInPlace])};
    uint32_t size = 0;
    std::memcpy(&size, bytes_.data() + sizeof(char*), sizeof size);
    return {far_text(), size};
  }

 private:
  static constexpr char kFar = 16;

  [[nodiscard]] bool far() const { return bytes_[kInPlace] == kFar; }
  [[nodiscard]] char* far_text() const {
    char* text = nullptr;
    std::memcpy(&text, bytes_.data(), sizeof text);
    return text;
  }

  alignas(char*) std::array<char, kInPlace + 1> bytes_{};
};

}  // namespace rivulet::base

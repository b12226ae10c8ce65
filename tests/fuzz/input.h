// How a fuzz input says what is sent and in which pieces:
//
//   text ...................... | k sizes, a byte each | k | mode
//
// The text stands in front, as it goes over the wire, so that a corpus file
// can be read and a dictionary word lands in it. What the sizes leave over is
// one last piece. `mode` is for the target to spend.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace rivulet::fuzz {

struct Input {
  std::string_view text;
  std::vector<size_t> sizes;
  uint8_t mode = 0;
};

inline size_t piece_size(uint8_t byte) {
  constexpr size_t kFine = 192;  // above it, in steps
  constexpr size_t kStep = 32;
  return byte < kFine ? size_t{byte} + 1 : (byte - kFine + 1) * kStep + kFine;
}

inline Input read_input(const uint8_t* data, size_t size) {
  constexpr size_t kMaxSizes = 64;
  Input input;
  if (size < 2) return input;
  input.mode = data[--size];
  const size_t wanted = data[--size] % (kMaxSizes + 1);
  const size_t count = std::min(wanted, size);
  for (size_t i = size - count; i < size; ++i) {
    input.sizes.push_back(piece_size(data[i]));
  }
  input.text = {reinterpret_cast<const char*>(data), size - count};
  return input;
}

// Cuts `text` into pieces of these sizes and the rest.
inline std::vector<std::string_view> cut(std::string_view text,
                                         const std::vector<size_t>& sizes) {
  std::vector<std::string_view> pieces;
  for (const size_t size : sizes) {
    if (text.empty()) break;
    pieces.push_back(text.substr(0, size));
    text.remove_prefix(pieces.back().size());
  }
  if (!text.empty()) pieces.push_back(text);
  return pieces;
}

// Cuts `text` into pieces of one size.
inline std::vector<std::string_view> cut_evenly(std::string_view text,
                                                size_t size) {
  return cut(text, std::vector<size_t>(text.size() / size, size));
}

}  // namespace rivulet::fuzz

#include "base/siphash.h"

#include <bit>
#include <cstring>

namespace rivulet::base {
namespace {

// The four words of the paper.
struct SipState {
  uint64_t v0, v1, v2, v3;

  explicit SipState(HashKey key)
      : v0(key.first ^
           0x736f6d6570736575U),  // "somepseudorandomlygenerated..."
        v1(key.second ^ 0x646f72616e646f6dU),
        v2(key.first ^ 0x6c7967656e657261U),
        v3(key.second ^ 0x7465646279746573U) {}

  void mix(int rounds) {
    for (int round = 0; round < rounds; ++round) {
      v0 += v1;
      v1 = std::rotl(v1, 13) ^ v0;
      v0 = std::rotl(v0, 32);
      v2 += v3;
      v3 = std::rotl(v3, 16) ^ v2;
      v0 += v3;
      v3 = std::rotl(v3, 21) ^ v0;
      v2 += v1;
      v1 = std::rotl(v1, 17) ^ v2;
      v2 = std::rotl(v2, 32);
    }
  }

  void take(uint64_t word, int rounds) {
    v3 ^= word;
    mix(rounds);
    v0 ^= word;
  }
};

// Up to eight bytes, the first one lowest.
uint64_t read_word(std::string_view bytes) {
  static_assert(std::endian::native == std::endian::little);
  uint64_t word = 0;
  if (!bytes.empty()) std::memcpy(&word, bytes.data(), bytes.size());
  return word;
}

}  // namespace

uint64_t siphash(HashKey key, std::string_view text, int compressions,
                 int finals) {
  constexpr size_t kWord = 8;
  constexpr int kLengthShift = 56;
  SipState state(key);
  const uint64_t length = uint64_t{text.size()} << kLengthShift;
  for (; text.size() >= kWord; text.remove_prefix(kWord)) {
    state.take(read_word(text.substr(0, kWord)), compressions);
  }
  state.take(read_word(text) | length, compressions);
  state.v2 ^= 0xffU;
  state.mix(finals);
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace rivulet::base

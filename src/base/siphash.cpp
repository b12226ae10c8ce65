#include "base/siphash.h"

#include <bit>
#include <cstring>

namespace rivulet::base {
namespace {

struct State {
  uint64_t a, b, c, d;

  explicit State(HashKey key)
      : a(key.first ^ 0x736f6d6570736575U),  // "somepseudorandomlygenerated..."
        b(key.second ^ 0x646f72616e646f6dU),
        c(key.first ^ 0x6c7967656e657261U),
        d(key.second ^ 0x7465646279746573U) {}

  void mix(int rounds) {
    for (int round = 0; round < rounds; ++round) {
      a += b;
      b = std::rotl(b, 13) ^ a;
      a = std::rotl(a, 32);
      c += d;
      d = std::rotl(d, 16) ^ c;
      a += d;
      d = std::rotl(d, 21) ^ a;
      c += b;
      b = std::rotl(b, 17) ^ c;
      c = std::rotl(c, 32);
    }
  }

  void take(uint64_t word, int rounds) {
    d ^= word;
    mix(rounds);
    a ^= word;
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
  State state(key);
  const uint64_t length = uint64_t{text.size()} << kLengthShift;
  for (; text.size() >= kWord; text.remove_prefix(kWord)) {
    state.take(read_word(text.substr(0, kWord)), compressions);
  }
  state.take(read_word(text) | length, compressions);
  state.c ^= 0xffU;
  state.mix(finals);
  return state.a ^ state.b ^ state.c ^ state.d;
}

}  // namespace rivulet::base

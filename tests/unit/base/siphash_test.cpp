// Tests base/siphash.h: the authors' figures, and that a key changes them.
#include "base/siphash.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

namespace rivulet::base {
namespace {

// The key and the text of the paper's appendix: bytes 0, 1, 2 and so on.
constexpr HashKey kCounting{0x0706050403020100U, 0x0f0e0d0c0b0a0908U};

std::string counting(size_t size) {
  std::string text;
  for (size_t i = 0; i < size; ++i) text += static_cast<char>(i);
  return text;
}

TEST_CASE("SipHash-2-4 is the one of the paper and of its reference code") {
  CHECK(siphash(kCounting, "", 2, 4) == 0x726fdb47dd0e0e31U);
  CHECK(siphash(kCounting, counting(1), 2, 4) == 0x74f839c593dc67fdU);
  CHECK(siphash(kCounting, counting(7), 2, 4) == 0xab0200f58b01d137U);
  CHECK(siphash(kCounting, counting(8), 2, 4) == 0x93f5f5799a932462U);
  CHECK(siphash(kCounting, counting(15), 2, 4) == 0xa129ca6149be45e5U);
}

TEST_CASE("each byte of a text and each part of a key counts") {
  std::set<uint64_t> hashes;
  const HashKey keys[] = {{}, {1, 0}, {0, 1}, kCounting};
  for (const HashKey key : keys) {
    for (size_t size = 0; size < 20; ++size) {
      hashes.insert(siphash(key, counting(size)));
    }
    hashes.insert(siphash(key, "ana"));
    hashes.insert(siphash(key, "anb"));
    hashes.insert(siphash(key, "bna"));
  }
  CHECK(hashes.size() == 4 * 23);
}

TEST_CASE("a number is hashed with the key") {
  CHECK(KeyedHash({1, 2})(7) == KeyedHash({1, 2})(7));
  CHECK(KeyedHash({1, 2})(7) != KeyedHash({1, 3})(7));
  CHECK(KeyedHash({1, 2})(7) != KeyedHash({1, 2})(8));
}

}  // namespace
}  // namespace rivulet::base

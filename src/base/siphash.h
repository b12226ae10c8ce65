// A hash whose results nobody can foresee who does not know the key: for tables
// of names that strangers choose. They could otherwise choose such as all fall
// into one bucket, and turn the table into a list.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rivulet::base {

// Random, and the same as long as a table lives.
struct HashKey {
  uint64_t first = 0;
  uint64_t second = 0;
};

// SipHash (Aumasson and Bernstein 2012) with `compressions` rounds for each
// eight bytes and `finals` at the end. The authors' own choice is 2-4, which
// also authenticates; for tables 1-3 is held to be enough, as in Rust and
// Python.
[[nodiscard]] uint64_t siphash(HashKey key, std::string_view text,
                               int compressions = 1, int finals = 3);

// For a standard table whose keys are numbers.
class KeyedHash {
 public:
  explicit KeyedHash(HashKey key) : key_(key) {}

  [[nodiscard]] size_t operator()(uint64_t number) const {
    const char* bytes = reinterpret_cast<const char*>(&number);
    return siphash(key_, {bytes, sizeof number});
  }

 private:
  HashKey key_;
};

}  // namespace rivulet::base

// Linear hashing (Litwin 1980): a hash table that grows by one bucket at a
// time.
//
//   4 buckets   [00] [01] [10] [11]
//   5           [000] [01] [10] [11] [100]      what was in 00 is now in 000 or
//   6           [000] [001] [10] [11] [100] [101]       in 100, by one bit more
//
// So no insertion waits until all others have moved, as it does where a table
// doubles: that of a million names would stop the server for a tenth of a
// second. (The array of buckets doubles, which is one copy of its pointers.)
// The tables are hub/client_index.h and hub/topic.h; here is what they share.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace rivulet::base {

// The bucket of `hash` among so many, one or more. With n of them,
// 2^k <= n < 2^(k+1), it is that which the lowest k+1 bits name, or, while
// there is none of that number yet, that which the lowest k bits name.
[[nodiscard]] inline size_t bucket_of(uint64_t hash, size_t buckets) {
  const size_t all = std::bit_floor(buckets);
  const size_t bucket = hash & (2 * all - 1);
  return bucket < buckets ? bucket : bucket & (all - 1);
}

// Where those that belong into the new bucket of number `fresh`, 1 or more,
// have been: it is named by the same bits without the highest.
[[nodiscard]] inline size_t bucket_before(size_t fresh) {
  return fresh - std::bit_floor(fresh);
}

}  // namespace rivulet::base

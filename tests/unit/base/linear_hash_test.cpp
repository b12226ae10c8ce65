// Tests base/linear_hash.h: what a table needs of its numbers.
#include "base/linear_hash.h"

#include <doctest/doctest.h>

#include <vector>

namespace rivulet::base {
namespace {

constexpr uint64_t kHashes = 4096;
constexpr size_t kMostBuckets = 300;

TEST_CASE("every hash has a bucket, and every bucket gets its part") {
  for (size_t buckets = 1; buckets < kMostBuckets; ++buckets) {
    std::vector<size_t> count(buckets);
    for (uint64_t hash = 0; hash < kHashes; ++hash) {
      ++count.at(bucket_of(hash, buckets));
    }
    // Those that are not split yet have twice as much as those that are.
    for (const size_t part : count) CHECK(part >= kHashes / 2 / buckets);
  }
}

TEST_CASE("one bucket more takes from one other only") {
  for (size_t buckets = 1; buckets < kMostBuckets; ++buckets) {
    const size_t fresh = buckets;
    for (uint64_t hash = 0; hash < kHashes; ++hash) {
      const size_t before = bucket_of(hash, buckets);
      const size_t after = bucket_of(hash, buckets + 1);
      if (after == before) continue;
      CHECK(after == fresh);
      CHECK(before == bucket_before(fresh));
    }
  }
}

TEST_CASE("bits above those of a size do not count") {
  CHECK(bucket_of(0x100000005U, 6) == 5);
  CHECK(bucket_of(0x100000007U, 6) == 3);
  CHECK(bucket_of(~uint64_t{0}, 1) == 0);
}

}  // namespace
}  // namespace rivulet::base

// The subscribers that have an id, found by it.
//
//   buckets   [0] ──> ana (2nd tab) <──> ana (1st) <──> ben
//             [1]
//             [2] ──> carl
//             [3]
//
// A hash table whose links are the subscribers' own, so that a client costs no
// allocation: one pointer here and two there. Those with the same id stand next
// to each other, the newest first.
//
// It grows by one bucket with each subscriber (base/linear_hash.h). The hash is
// keyed, for anybody may choose ids.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/siphash.h"

namespace rivulet::hub {

class Subscriber;

class ClientIndex {
 public:
  explicit ClientIndex(base::HashKey key) : key_(key) {}

  // Adds one that is in no index, by its id, which is not empty. Throws
  // std::bad_alloc, and it is not added then.
  void add(Subscriber& subscriber);
  // Takes out one that is in it.
  void remove(Subscriber& subscriber);

  // The newest of those with that id; nullptr when there is none.
  [[nodiscard]] Subscriber* newest(std::string_view id) const;

  // The next older one with the same id; nullptr after the oldest.
  [[nodiscard]] static Subscriber* next_older(const Subscriber& subscriber);

 private:
  void grow();
  [[nodiscard]] size_t bucket_of(std::string_view id) const;
  void link(Subscriber* after, Subscriber& subscriber, size_t bucket);
  void unlink(Subscriber& subscriber, size_t bucket);

  base::HashKey key_;
  std::vector<Subscriber*> buckets_;  // the first of each
  size_t count_ = 0;
};

}  // namespace rivulet::hub

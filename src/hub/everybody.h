// All subscribers, in order of arrival: an array of pointers, and in each
// subscriber its place there.
//
//   [ * | * |   | * | * |   |   | * ]     one that leaves leaves a hole, and
//                                         holes are closed when they are many
//
// A broadcast walks all of them, and they lie wherever they were allocated. A
// list would have the processor wait for one to know where the next one is; an
// array lets it fetch several ahead, and that is worth a factor of more than
// two once they are too many for its caches.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/prefetch.h"
#include "hub/subscriber.h"

namespace rivulet::hub {

class Everybody {
 public:
  // Adds one that is not in it. Throws std::bad_alloc, and it is not added
  // then. At most 2^32 - 1.
  void add(Subscriber& subscriber);
  void remove(Subscriber& subscriber);

  [[nodiscard]] size_t size() const { return places_.size() - holes_; }

  // Calls `visit(Subscriber&)` for each, the oldest first. Nobody may be added
  // or removed meanwhile.
  template <typename Visit>
  void for_each(Visit visit) const {
    const size_t count = places_.size();
    for (size_t i = 0; i < count; ++i) {
      if (i + kAhead < count) base::prefetch(places_[i + kAhead]);
      if (places_[i] != nullptr) visit(*places_[i]);
      assert(places_.size() == count && "changed while it was walked");
    }
  }

 private:
  // Enough for memory to answer while those before it are delivered to.
  static constexpr size_t kAhead = 8;

  void close_holes();

  std::vector<Subscriber*> places_;
  size_t holes_ = 0;
};

}  // namespace rivulet::hub

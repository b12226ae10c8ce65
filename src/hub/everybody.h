// All subscribers, found by their slots.
//
//   slots_        { 0, 2, 3, 7 }
//   subscribers_  [ * |   | * | * |   |   |   | * ]       by slot
//   arrivals_     [ 9 |   | 4 | 5 |   |   |   | 8 ]       as they came
//
// A walk over all, or over the members of a topic, goes by slot: through memory
// in order, for that is what a slot is. An array of pointers lets the processor
// fetch several ahead as well, which a list would not: together that is worth a
// factor of ten once they are too many for its caches. Who wants a list of them
// to read pays for its order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/prefetch.h"
#include "hub/slot_set.h"
#include "hub/subscriber.h"

namespace rivulet::hub {

class Everybody {
 public:
  // Adds one that is not in it, and whose slot is nobody else's. Throws
  // std::bad_alloc, and it is not added then.
  void add(Subscriber& subscriber);
  void remove(Subscriber& subscriber);

  [[nodiscard]] size_t size() const { return slots_.size(); }

  // All of them, the oldest first: sorted for whoever asks. Throws
  // std::bad_alloc.
  [[nodiscard]] std::vector<Subscriber*> by_arrival() const;

  // Calls `visit(Subscriber&)` for each, or for each that has one of `slots`,
  // in order of their slots. Nobody may be added or removed meanwhile.
  template <typename Visit>
  void for_each(Visit visit) const {
    for_each_of(slots_, visit);
  }
  template <typename Visit>
  void for_each_of(const SlotSet& slots, Visit visit) const {
    // Each is fetched when its slot is known, and visited when some more are.
    std::array<Subscriber*, kAhead> fetched{};
    size_t turn = 0;
    slots.for_each([&](uint32_t slot) {
      base::prefetch(subscribers_[slot]);
      Subscriber* const due =
          std::exchange(fetched[turn++ % kAhead], subscribers_[slot]);
      if (due != nullptr) visit(*due);
    });
    for (size_t n = 0; n < kAhead; ++n) {
      Subscriber* const due = fetched[turn++ % kAhead];
      if (due != nullptr) visit(*due);
    }
  }

 private:
  // Enough for memory to answer while those before it are delivered to.
  static constexpr size_t kAhead = 8;

  SlotSet slots_;
  std::vector<Subscriber*> subscribers_;
  std::vector<uint64_t> arrivals_;
  uint64_t arrived_ = 0;
};

}  // namespace rivulet::hub

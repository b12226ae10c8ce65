// A set of small numbers, in order: the slots of a topic's members, or of
// everybody (hub/subscriber.h).
//
//   { 3, 5, 36, 1000000 }
//   blocks_   [0: ...1.1...]  [1: ...1....]  [31250: 1.......]
//
// The numbers are taken in blocks of 32, a bit for each, and the blocks that
// have any stand in an array, sorted. A topic of everybody costs two bits or so
// for each of them, one of a few members eight bytes for each at most. Finding
// a block halves the array until it is found; a new one moves those behind it,
// a hundred kilobytes or so at worst when a million are there.
#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace rivulet::hub {

class SlotSet {
 public:
  // Takes in one that is not in it. Throws std::bad_alloc, and it is not in it
  // then.
  void add(uint32_t slot);
  // Takes out one that is in it.
  void remove(uint32_t slot);

  [[nodiscard]] size_t size() const { return count_; }
  [[nodiscard]] bool empty() const { return count_ == 0; }

  // Asks memory for the first of them: for_each() comes soon.
  void prefetch() const { __builtin_prefetch(blocks_.data()); }

  // Calls `visit(uint32_t slot)` for each, in order. The set must not change
  // meanwhile.
  template <typename Visit>
  void for_each(Visit visit) const {
    [[maybe_unused]] const size_t count = count_;
    for (const Block& block : blocks_) {
      for (uint32_t left = block.members; left != 0; left &= left - 1) {
        const auto bit = static_cast<uint32_t>(std::countr_zero(left));
        visit(block.number * kBlock + bit);
        assert(count_ == count && "changed while it was walked");
      }
    }
  }

 private:
  static constexpr uint32_t kBlock = 32;

  struct Block {
    uint32_t number;
    uint32_t members;  // never none
  };

  [[nodiscard]] std::vector<Block>::iterator find(uint32_t number);

  std::vector<Block> blocks_;
  size_t count_ = 0;
};

}  // namespace rivulet::hub

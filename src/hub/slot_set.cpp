#include "hub/slot_set.h"

#include <algorithm>

namespace rivulet::hub {

void SlotSet::add(uint32_t slot) {
  const uint32_t number = slot / kBlock;
  auto block = find(number);
  if (block == blocks_.end() || block->number != number) {
    block = blocks_.insert(block, {number, 0});
  }
  const uint32_t bit = uint32_t{1} << slot % kBlock;
  assert((block->members & bit) == 0);
  block->members |= bit;
  ++count_;
}

void SlotSet::remove(uint32_t slot) {
  const auto block = find(slot / kBlock);
  assert(block != blocks_.end() && block->number == slot / kBlock);
  const uint32_t bit = uint32_t{1} << slot % kBlock;
  assert((block->members & bit) != 0);
  block->members &= ~bit;
  --count_;
  if (block->members == 0) blocks_.erase(block);
}

// The block of that number, or the place where it belongs. Where there are all
// up to it, as a rule among everybody, it is known.
std::vector<SlotSet::Block>::iterator SlotSet::find(uint32_t number) {
  if (number < blocks_.size() && blocks_[number].number == number) {
    return blocks_.begin() + number;
  }
  return std::ranges::lower_bound(blocks_, number, {}, &Block::number);
}

}  // namespace rivulet::hub

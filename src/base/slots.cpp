#include "base/slots.h"

#include <cassert>

// Whether AddressSanitizer looks on, in the words of clang and in those of GCC.
#if defined(__has_feature)
#define RIVULET_HAS_FEATURE(name) __has_feature(name)
#else
#define RIVULET_HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || RIVULET_HAS_FEATURE(address_sanitizer)
#define RIVULET_IS_SANITIZED 1
#else
#define RIVULET_IS_SANITIZED 0
#endif

namespace rivulet::base {
namespace {

// So large that the steps from one slab to the next do not count: with 64 a
// broadcast to a million took twice as long. Memory in a slab that nobody has
// had yet costs nothing.
constexpr size_t kSlotsInASlab = RIVULET_IS_SANITIZED ? 1 : 512;

}  // namespace

Slots::Slots(size_t size) : Slots(size, kSlotsInASlab) {}

Slots::Slots(size_t size, size_t in_a_slab)
    : size_((size + kCacheLine - 1) / kCacheLine * kCacheLine),
      in_a_slab_(in_a_slab) {}

void* Slots::take(size_t number) {
  const size_t index = number / in_a_slab_;
  if (index >= slabs_.size()) slabs_.resize(index + 1);
  Slab& slab = slabs_[index];
  size_t space = in_a_slab_ * size_ + kCacheLine;
  // Not make_unique(), which would fill it with zeroes.
  if (!slab.memory) slab.memory.reset(new std::byte[space]);
  ++slab.taken;
  assert(slab.taken <= in_a_slab_);
  void* first = slab.memory.get();
  first = std::align(kCacheLine, space - kCacheLine, first, space);
  return static_cast<std::byte*>(first) + number % in_a_slab_ * size_;
}

void Slots::give_back(size_t number) {
  Slab& slab = slabs_[number / in_a_slab_];
  assert(slab.taken > 0);
  if (--slab.taken == 0) slab.memory.reset();
}

}  // namespace rivulet::base

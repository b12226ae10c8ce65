// Memory for objects of one size that have small numbers of their own, each at
// the place of its number: those that are next to each other in number are next
// to each other in memory, whoever came first.
//
//   slabs   [0] ──> [ #0 | #1 |    | #3 | .... | #511 ]
//           [1]                                           nobody has any of it
//           [2] ──> [    |#1025|   |    | .... |      ]
//
// An allocator gives whoever comes the place of whoever left last. So after
// much coming and going those who are visited one after another lie far apart,
// and each visit waits for memory and for the page table, some ten times as
// long as the work takes. Here a walk in order of numbers is one through memory
// however long the server has run. Numbers that are given lowest first, as the
// kernel gives descriptors, keep the slabs full, and one that is empty is given
// back.
//
// Each object has cache lines of its own. With AddressSanitizer it has a slab
// of its own too, for the sanitizer to see whoever uses it after its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace rivulet::base {

class Slots {
 public:
  // For objects of `size` bytes or less.
  explicit Slots(size_t size);
  Slots(size_t size, size_t in_a_slab);

  // The memory of `number`, which nobody has, until it is given back. Throws
  // std::bad_alloc, and nobody has it then.
  [[nodiscard]] void* take(size_t number);
  void give_back(size_t number);

 private:
  static constexpr size_t kCacheLine = 64;

  struct Slab {
    std::unique_ptr<std::byte[]> memory;
    size_t taken = 0;  // of its slots; without any it has no memory
  };

  size_t size_;  // of a slot
  size_t in_a_slab_;
  std::vector<Slab> slabs_;
};

}  // namespace rivulet::base

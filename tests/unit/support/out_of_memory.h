// Makes memory run out in a unit test, at one chosen allocation after another.
// The unit tests have an operator new of their own for it (out_of_memory.cpp),
// which never fails outside of Fault::during(). It counts arrays besides.
#pragma once

#include <doctest/doctest.h>

#include <cstddef>

namespace rivulet::test {

enum class Shortage {
  kOnce,     // one allocation fails
  kLasting,  // that one and all that follow it
};

// While it lives, operator new fails as it is told. One at a time.
class OutOfMemory {
 public:
  // `granted` allocations succeed before the first that fails.
  OutOfMemory(size_t granted, Shortage shortage);
  OutOfMemory(const OutOfMemory&) = delete;
  OutOfMemory& operator=(const OutOfMemory&) = delete;
  ~OutOfMemory();

  // Whether an allocation has failed.
  [[nodiscard]] static bool struck();
};

// While it lives, there is no memory for the arrays that are asked for with
// std::nothrow, which are the rings of output queues.
struct NoMemoryForArrays {
  NoMemoryForArrays();
  NoMemoryForArrays(const NoMemoryForArrays&) = delete;
  NoMemoryForArrays& operator=(const NoMemoryForArrays&) = delete;
  ~NoMemoryForArrays();
};

// How many arrays of `new[]` there are in the program.
[[nodiscard]] size_t living_arrays();

// One attempt at an operation that runs out of memory.
struct Fault {
  size_t granted;
  Shortage shortage;
  bool struck = false;

  // What needs memory besides the operation (CHECK does) stays outside.
  template <typename Work>
  void during(Work work) {
    const OutOfMemory none(granted, shortage);
    work();
    struck = OutOfMemory::struck();
  }
};

// Calls `attempt(Fault&)` with a fault at each allocation in turn, until the
// operation gets all that it wants: once for each kind of shortage.
template <typename Attempt>
void at_each_allocation(Attempt attempt) {
  for (const Shortage shortage : {Shortage::kOnce, Shortage::kLasting}) {
    for (Fault fault{0, shortage}; fault.granted == 0 || fault.struck;) {
      const size_t granted = fault.granted;
      const bool lasting = shortage == Shortage::kLasting;
      INFO("out of memory, lasting: " << lasting << ", after " << granted);
      REQUIRE(granted < 10'000);
      fault.struck = false;
      attempt(fault);
      CHECK((granted > 0 || fault.struck));  // or it allocates nothing
      fault.granted = granted + 1;
    }
  }
}

}  // namespace rivulet::test

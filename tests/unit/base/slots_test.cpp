// Tests base/slots.h: each number has memory of its own, next to its
// neighbours', and what nobody has is given back.
#include "base/slots.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <new>

#include "../support/out_of_memory.h"
#include "base/random.h"

namespace rivulet::base {
namespace {

constexpr size_t kSize = 100;
constexpr size_t kLine = 64;
constexpr size_t kInASlab = 8;

char* take(Slots& slots, size_t number) {
  return static_cast<char*>(slots.take(number));
}

TEST_CASE("neighbours in number are neighbours in memory, whoever came first") {
  Slots slots(kSize, kInASlab);
  char* const third = take(slots, 10);
  char* const first = take(slots, 8);
  char* const second = take(slots, 9);
  CHECK(second == first + 2 * kLine);
  CHECK(third == first + 4 * kLine);
  CHECK(reinterpret_cast<uintptr_t>(first) % kLine == 0);
  for (const size_t number : {8U, 9U, 10U}) slots.give_back(number);
}

TEST_CASE("whoever comes and goes, nobody's memory is another's") {
  Slots slots(kSize, kInASlab);
  Random random(1);
  std::map<size_t, char*> model;
  const auto filled = [](const char* memory, size_t number) {
    char wanted[kSize];
    std::memset(wanted, static_cast<char>(number), kSize);
    return std::memcmp(memory, wanted, kSize) == 0;
  };
  for (size_t step = 0; step < 5'000; ++step) {
    const size_t number = random.below(100);
    const auto entry = model.find(number);
    if (entry == model.end()) {
      char* const memory = model[number] = take(slots, number);
      std::memset(memory, static_cast<char>(number), kSize);
    } else {
      REQUIRE(filled(entry->second, number));
      slots.give_back(number);
      model.erase(entry);
    }
  }
  for (const auto& [number, memory] : model) CHECK(filled(memory, number));
}

TEST_CASE("a slab that nobody has anything of is given back") {
  Slots slots(kSize, kInASlab);
  (void)slots.take(0);
  const size_t with_one = test::living_arrays();
  (void)slots.take(kInASlab);
  (void)slots.take(kInASlab + 1);
  CHECK(test::living_arrays() == with_one + 1);
  slots.give_back(kInASlab);
  CHECK(test::living_arrays() == with_one + 1);
  slots.give_back(kInASlab + 1);
  CHECK(test::living_arrays() == with_one);
  slots.give_back(0);
  CHECK(test::living_arrays() == with_one - 1);
}

TEST_CASE("without memory nobody has it, and it can be asked for again") {
  test::at_each_allocation([](test::Fault& fault) {
    Slots slots(kSize, kInASlab);
    const size_t before = test::living_arrays();
    bool had = false;
    fault.during([&] {
      try {
        had = slots.take(3) != nullptr;
      } catch (const std::bad_alloc&) {
      }
    });
    CHECK(had == !fault.struck);
    if (!had) CHECK(slots.take(3) != nullptr);
    slots.give_back(3);
    CHECK(test::living_arrays() == before);
  });
}

}  // namespace
}  // namespace rivulet::base

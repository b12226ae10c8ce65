// Tests base/numbered_heap.h: against a sorted list of the same things.
#include "base/numbered_heap.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "base/random.h"

namespace rivulet::base {
namespace {

using Heap = NumberedHeap<int, size_t>;

TEST_CASE("an empty heap has nothing to erase") {
  Heap heap;
  CHECK(heap.empty());
  heap.erase(0);
  heap.erase(1'000'000);
  CHECK(heap.empty());
}

TEST_CASE("the least comes first, whatever order they came in") {
  Heap heap;
  for (const int key : {5, 1, 4, 1, 3}) {
    static size_t number = 10;
    heap.insert(number, key, number);
    ++number;
  }
  std::vector<int> keys;
  std::vector<size_t> values;
  while (!heap.empty()) {
    keys.push_back(heap.least());
    values.push_back(heap.pop_least());
  }
  CHECK(keys == std::vector<int>{1, 1, 3, 4, 5});
  std::sort(values.begin(), values.begin() + 2);
  CHECK(values == std::vector<size_t>{11, 13, 14, 12, 10});
}

TEST_CASE("a number may be used again once it is out") {
  Heap heap;
  heap.insert(7, 2, 70);
  heap.insert(3, 1, 30);
  heap.erase(7);
  heap.insert(7, 0, 71);
  CHECK(heap.pop_least() == 71);
  heap.insert(7, 5, 72);
  CHECK(heap.pop_least() == 30);
  CHECK(heap.pop_least() == 72);
  CHECK(heap.empty());
}

// What is in the heap, by number, and which key is the least of it.
struct Model {
  std::map<size_t, int> keys;

  [[nodiscard]] int least() const {
    return std::min_element(
               keys.begin(), keys.end(),
               [](const auto& a, const auto& b) { return a.second < b.second; })
        ->second;
  }
};

TEST_CASE("after any inserting and erasing the least is the least of all") {
  constexpr size_t kNumbers = 64;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    Heap heap;
    Model model;
    for (int step = 0; step < 500; ++step) {
      const size_t number = random.below(kNumbers);
      if (model.keys.contains(number) || random.below(4) == 0) {
        heap.erase(number);
        model.keys.erase(number);
      } else {
        const int key = static_cast<int>(random.below(20));
        heap.insert(number, key, number);
        model.keys[number] = key;
      }
      REQUIRE(heap.empty() == model.keys.empty());
      if (heap.empty()) continue;
      REQUIRE(heap.least() == model.least());
      if (random.below(8) > 0) continue;
      const int key = heap.least();
      const size_t popped = heap.pop_least();
      REQUIRE(model.keys.at(popped) == key);
      model.keys.erase(popped);
    }
  }
}

}  // namespace
}  // namespace rivulet::base

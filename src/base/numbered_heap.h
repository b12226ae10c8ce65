// A binary heap of values that have a key, which orders them, and a small
// number of their own, by which they are found again: a descriptor, say.
//
//   least key ──> [10:00:01 #7]                    place by number
//                  /          \                    #4 ─> 1
//         [10:00:03 #4]   [10:00:02 #9]            #7 ─> 0, #9 ─> 2
//
// For deadlines that are each another time away, as those of a
// base/deadline_list.h are not. All of it costs O(log n), and nothing moves in
// memory when it grows: a million of them does not hold anybody up.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

namespace rivulet::base {

// Key and Value are small: they are copied around.
template <typename Key, typename Value>
class NumberedHeap {
 public:
  // Takes `value` in. Its number is that of no other in here. Without memory,
  // std::bad_alloc, and nothing has changed.
  void insert(size_t number, Key key, Value value) {
    if (number >= places_.size()) places_.resize(number + 1, kNowhere);
    assert(places_[number] == kNowhere);
    const Entry entry{key, value, static_cast<uint32_t>(number)};
    heap_.push_back(entry);
    rise(heap_.size() - 1, entry);
  }

  // Takes out what has that number, if anything has.
  void erase(size_t number) {
    if (number >= places_.size() || places_[number] == kNowhere) return;
    const size_t place = std::exchange(places_[number], kNowhere);
    const Entry last = heap_.back();
    heap_.pop_back();
    if (place == heap_.size()) return;  // it was the last itself
    if (place > 0 && last.key < heap_[parent_of(place)].key) {
      rise(place, last);
    } else {
      sink(place, last);
    }
  }

  [[nodiscard]] bool empty() const { return heap_.empty(); }

  // The key of what has that number; nothing when nothing has.
  [[nodiscard]] std::optional<Key> key_of(size_t number) const {
    if (number >= places_.size() || places_[number] == kNowhere) return {};
    return heap_[places_[number]].key;
  }

  // The least of all keys; there is one.
  [[nodiscard]] const Key& least() const { return heap_.front().key; }

  // Takes out the value that has it.
  Value pop_least() {
    const Entry least = heap_.front();
    erase(least.number);
    return least.value;
  }

 private:
  struct Entry {
    Key key;
    Value value;
    uint32_t number;
  };
  static constexpr uint32_t kNowhere = UINT32_MAX;

  static size_t parent_of(size_t place) { return (place - 1) / 2; }

  void put(size_t place, const Entry& entry) {
    heap_[place] = entry;
    places_[entry.number] = static_cast<uint32_t>(place);
  }

  // These put `entry` where it belongs, on the way up or down from `place`,
  // whose own entry does not count any more.
  void rise(size_t place, const Entry& entry) {
    while (place > 0 && entry.key < heap_[parent_of(place)].key) {
      put(place, heap_[parent_of(place)]);
      place = parent_of(place);
    }
    put(place, entry);
  }
  void sink(size_t place, const Entry& entry) {
    for (size_t child = 2 * place + 1; child < heap_.size();
         child = 2 * place + 1) {
      const bool right =
          child + 1 < heap_.size() && heap_[child + 1].key < heap_[child].key;
      if (right) ++child;
      if (!(heap_[child].key < entry.key)) break;
      put(place, heap_[child]);
      place = child;
    }
    put(place, entry);
  }

  std::deque<Entry> heap_;
  std::deque<uint32_t> places_;  // by number
};

}  // namespace rivulet::base

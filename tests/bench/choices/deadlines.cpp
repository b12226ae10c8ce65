// How a deadline is moved and the next one found (src/base/deadline_list.h),
// among 100,000 that all wait as long: in a list, a wheel, an ordered set or a
// heap. Each round moves every deadline once, in random order, as time goes on.
#include <array>
#include <functional>
#include <memory>
#include <queue>
#include <set>

#include "base/deadline_list.h"
#include "base/random.h"
#include "table.h"

namespace rivulet::bench {
namespace {

constexpr size_t kCount = 100'000;
constexpr base::Duration kWait{15'000};

struct Entry : base::Deadline, base::ListNode<struct WheelTag> {
  base::Time due{};
};

class Crowd {
 public:
  Crowd() : order_(kCount) {
    for (size_t n = 0; n < kCount; ++n) order_[n] = &entries_[n];
  }

  // Moves each, a thousand in a turn of the loop, which then looks how long it
  // may sleep.
  template <typename Move, typename Next>
  double measure(Move move, Next next) {
    const auto shuffle = [this] {
      for (size_t n = kCount; n > 1; --n) {
        std::swap(order_[n - 1], order_[random_.below(n)]);
      }
    };
    return nanoseconds_each(kCount, shuffle, [this, &move, &next] {
      for (size_t n = 0; n < kCount; ++n) {
        move(*order_[n]);
        if (n % kATurn != 0) continue;
        use(next());
        now += base::Duration(10);
      }
    });
  }

  base::Time now{};

 private:
  static constexpr size_t kATurn = 1000;

  base::Random random_{1};
  std::array<Entry, kCount> entries_;
  std::vector<Entry*> order_;
};

double in_list() {
  auto crowd = std::make_unique<Crowd>();
  base::DeadlineList<Entry> list(kWait);
  return crowd->measure([&](Entry& entry) { list.arm(entry, crowd->now); },
                        [&] { return list.next(); });
}

// One list for each 16 ms, round and round: who is due first stands in the
// first that is not empty, from that of now on.
double in_wheel() {
  constexpr size_t kSlots = 1024;
  static constexpr base::Duration kSlot{16};
  using Slot = base::IntrusiveList<Entry, WheelTag>;
  auto crowd = std::make_unique<Crowd>();
  auto slots = std::make_unique<std::array<Slot, kSlots>>();
  const auto slot = [](base::Time due) {
    return static_cast<size_t>(due.time_since_epoch() / kSlot);
  };
  const auto move = [&](Entry& entry) {
    static_cast<base::ListNode<WheelTag>&>(entry).unlink();
    entry.due = crowd->now + kWait;
    (*slots)[slot(entry.due) % kSlots].push_back(entry);
  };
  return crowd->measure(move, [&] {
    size_t first = slot(crowd->now);
    while ((*slots)[first % kSlots].empty()) ++first;
    return first;
  });
}

double in_set() {
  auto crowd = std::make_unique<Crowd>();
  std::set<std::pair<base::Time, Entry*>> set;
  const auto move = [&](Entry& entry) {
    set.erase({entry.due, &entry});
    entry.due = crowd->now + kWait;
    set.emplace(entry.due, &entry);
  };
  return crowd->measure(move, [&] { return set.begin()->first; });
}

// A heap cannot find one in its middle: what has been moved stays in it, and is
// thrown away when it comes to the top.
double in_heap() {
  auto crowd = std::make_unique<Crowd>();
  using Item = std::pair<base::Time, Entry*>;
  std::priority_queue<Item, std::vector<Item>, std::greater<>> heap;
  const auto move = [&](Entry& entry) {
    entry.due = crowd->now + kWait;
    heap.emplace(entry.due, &entry);
  };
  return crowd->measure(move, [&] {
    while (heap.top().first != heap.top().second->due) heap.pop();
    return heap.top().first;
  });
}

}  // namespace

void compare_deadlines() {
  show_title("a deadline is moved, and the next one found once a turn: ns");
  show_row("list, as all wait equally long", in_list());
  show_row("wheel of 1024 slots", in_wheel());
  show_row("std::set", in_set());
  show_row("std::priority_queue", in_heap());
}

}  // namespace rivulet::bench

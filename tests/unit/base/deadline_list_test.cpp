// Tests base/deadline_list.h: everything that waits equally long.
#include "base/deadline_list.h"

#include <doctest/doctest.h>

#include <array>
#include <memory>

namespace rivulet::base {
namespace {

struct Waiter : Deadline {};
using List = DeadlineList<Waiter>;

constexpr Duration kWait{100};

Time at(int64_t milliseconds) {
  return Time(Duration(milliseconds));
}

TEST_CASE("an empty list has nothing due, ever") {
  List list(kWait);
  CHECK(list.next() == std::nullopt);
  CHECK(list.pop_due(Time::max()) == nullptr);
  CHECK(list.pop_oldest() == nullptr);
}

TEST_CASE("an entry comes due exactly when its wait is over") {
  List list(kWait);
  Waiter waiter;
  CHECK_FALSE(waiter.armed());
  list.arm(waiter, at(1000));
  CHECK(waiter.armed());
  CHECK(list.next() == at(1100));
  CHECK(list.pop_due(at(1000)) == nullptr);
  CHECK(list.pop_due(at(1099)) == nullptr);
  CHECK(waiter.armed());
  CHECK(list.pop_due(at(1100)) == &waiter);
  CHECK_FALSE(waiter.armed());
  CHECK(list.pop_due(at(1100)) == nullptr);
  CHECK(list.next() == std::nullopt);
}

TEST_CASE("entries come due in the order in which they were armed") {
  List list(kWait);
  std::array<Waiter, 3> waiters;
  list.arm(waiters[2], at(0));
  list.arm(waiters[0], at(5));
  list.arm(waiters[1], at(5));
  CHECK(list.next() == at(100));
  CHECK(list.pop_due(at(1000)) == &waiters[2]);
  CHECK(list.pop_due(at(1000)) == &waiters[0]);
  CHECK(list.pop_due(at(1000)) == &waiters[1]);
  CHECK(list.pop_due(at(1000)) == nullptr);
}

TEST_CASE("arming again moves an entry to the back") {
  List list(kWait);
  Waiter a, b;
  list.arm(a, at(0));
  list.arm(b, at(10));
  list.arm(a, at(20));
  CHECK(list.next() == at(110));
  CHECK(list.pop_due(at(110)) == &b);
  CHECK(list.pop_due(at(119)) == nullptr);
  CHECK(list.pop_due(at(120)) == &a);
}

TEST_CASE("arming in another list leaves the first") {
  List slow(kWait);
  List fast(Duration(1));
  Waiter waiter;
  slow.arm(waiter, at(0));
  fast.arm(waiter, at(0));
  CHECK(slow.next() == std::nullopt);
  CHECK(fast.next() == at(1));
}

TEST_CASE("disarming takes an entry out, also twice, and without its list") {
  List list(kWait);
  Waiter a, b;
  list.arm(a, at(0));
  list.arm(b, at(1));
  a.disarm();
  a.disarm();
  CHECK_FALSE(a.armed());
  CHECK(list.next() == at(101));
}

TEST_CASE("the oldest can be taken before it is due") {
  List list(kWait);
  Waiter a, b;
  list.arm(a, at(0));
  list.arm(b, at(1));
  CHECK(list.pop_oldest() == &a);
  CHECK_FALSE(a.armed());
  CHECK(list.pop_oldest() == &b);
  CHECK(list.pop_oldest() == nullptr);
}

TEST_CASE("a destroyed entry never comes due") {
  List list(kWait);
  Waiter survivor;
  {
    Waiter waiter;
    list.arm(waiter, at(0));
    list.arm(survivor, at(50));
  }
  CHECK(list.next() == at(150));
  CHECK(list.pop_due(at(1000)) == &survivor);
}

TEST_CASE("an entry that is armed when it comes due waits its time again") {
  List list(kWait);
  Waiter waiter;
  list.arm(waiter, at(0));
  for (int64_t round = 1; round <= 5; ++round) {
    Waiter* due = list.pop_due(at(round * 100));
    REQUIRE(due == &waiter);
    list.arm(*due, at(round * 100));
    CHECK(list.pop_due(at(round * 100)) == nullptr);
  }
}

TEST_CASE("another wait holds for those too that wait already") {
  List list(kWait);
  Waiter a, b, c;
  list.arm(a, at(0));
  list.arm(b, at(50));
  list.set_wait(Duration(10));
  list.arm(c, at(60));
  CHECK(list.next() == at(10));
  CHECK(list.oldest_since() == at(0));
  CHECK(list.pop_due(at(60)) == &a);
  CHECK(list.pop_due(at(60)) == &b);
  CHECK(list.pop_due(at(69)) == nullptr);
  list.set_wait(Duration(1000));
  CHECK(list.pop_due(at(1059)) == nullptr);
  CHECK(list.pop_due(at(1060)) == &c);
}

TEST_CASE("without a wait an entry is due at once, and only once") {
  List list(Duration(0));
  Waiter waiter;
  list.arm(waiter, at(7));
  CHECK(list.pop_due(at(6)) == nullptr);
  CHECK(list.pop_due(at(7)) == &waiter);
  CHECK(list.pop_due(at(7)) == nullptr);
}

}  // namespace
}  // namespace rivulet::base

// Tests base/intrusive_list.h: links that live in the elements.
#include "base/intrusive_list.h"

#include <doctest/doctest.h>

#include <array>
#include <deque>
#include <memory>
#include <random>
#include <vector>

namespace rivulet::base {
namespace {

struct RedTag {};
struct BlueTag {};

struct Item : ListNode<RedTag>, ListNode<BlueTag> {
  explicit Item(int the_value = 0) : value(the_value) {}
  [[nodiscard]] bool red() const { return ListNode<RedTag>::linked(); }
  [[nodiscard]] bool blue() const { return ListNode<BlueTag>::linked(); }
  int value;
};
using RedList = IntrusiveList<Item, RedTag>;
using BlueList = IntrusiveList<Item, BlueTag>;

template <typename List>
std::vector<int> values(const List& list) {
  std::vector<int> all;
  list.for_each([&all](const Item& item) { all.push_back(item.value); });
  return all;
}

using Values = std::vector<int>;

TEST_CASE("a new list is empty and a new element is in none") {
  const RedList list;
  const Item item;
  CHECK(list.empty());
  CHECK_FALSE(item.red());
  CHECK(values(list).empty());
}

TEST_CASE("elements stand in the order in which they were pushed") {
  RedList list;
  Item a(1), b(2), c(3);
  list.push_back(b);
  list.push_back(c);
  list.push_front(a);
  CHECK(values(list) == Values{1, 2, 3});
  CHECK(&list.front() == &a);
}

TEST_CASE("popping takes the front element out and leaves the rest") {
  RedList list;
  Item a(1), b(2);
  list.push_back(a);
  list.push_back(b);
  CHECK(&list.pop_front() == &a);
  CHECK_FALSE(a.red());
  CHECK(values(list) == Values{2});
  CHECK(&list.pop_front() == &b);
  CHECK(list.empty());
}

TEST_CASE("an element leaves from any place without asking the list") {
  for (size_t leaving = 0; leaving < 3; ++leaving) {
    CAPTURE(leaving);
    RedList list;
    std::array<Item, 3> items{Item(0), Item(1), Item(2)};
    Values expected;
    for (size_t i = 0; i < items.size(); ++i) {
      list.push_back(items[i]);
      if (i != leaving) expected.push_back(static_cast<int>(i));
    }
    static_cast<ListNode<RedTag>&>(items[leaving]).unlink();
    CHECK(values(list) == expected);
    CHECK_FALSE(items[leaving].red());
  }
}

TEST_CASE("unlinking twice, or from no list, does nothing") {
  RedList list;
  Item a(1), b(2);
  RedList::remove(a);
  list.push_back(a);
  list.push_back(b);
  RedList::remove(a);
  RedList::remove(a);
  CHECK(values(list) == Values{2});
}

TEST_CASE("an element that has left can be pushed again") {
  RedList list;
  Item a(1), b(2);
  list.push_back(a);
  list.push_back(b);
  list.push_back(list.pop_front());
  CHECK(values(list) == Values{2, 1});
}

TEST_CASE("a destroyed element is no longer in the list") {
  RedList list;
  Item a(1), c(3);
  list.push_back(a);
  {
    Item b(2);
    list.push_back(b);
    list.push_back(c);
  }
  CHECK(values(list) == Values{1, 3});
}

TEST_CASE("elements outlive their list") {
  Item a(1), b(2);
  {
    RedList list;
    list.push_back(a);
    list.push_back(b);
  }
  RedList::remove(a);
  CHECK_FALSE(a.red());
  CHECK_FALSE(b.red());
  RedList next;
  next.push_back(a);
  CHECK(values(next) == Values{1});
}

TEST_CASE("tags keep the lists of one element apart") {
  RedList red;
  BlueList blue;
  Item a(1), b(2);
  red.push_back(a);
  red.push_back(b);
  blue.push_back(b);
  blue.push_back(a);
  CHECK(values(red) == Values{1, 2});
  CHECK(values(blue) == Values{2, 1});
  RedList::remove(a);
  CHECK_FALSE(a.red());
  CHECK(a.blue());
  CHECK(values(red) == Values{2});
  CHECK(values(blue) == Values{2, 1});
}

TEST_CASE("a list moved about at random holds what a deque would") {
  std::mt19937 random(1);
  std::vector<std::unique_ptr<Item>> items;
  for (int i = 0; i < 40; ++i) items.push_back(std::make_unique<Item>(i));
  RedList list;
  std::deque<int> model;
  for (int step = 0; step < 5'000; ++step) {
    Item& item = *items[random() % items.size()];
    if (item.red()) {
      RedList::remove(item);
      std::erase(model, item.value);
    } else if (random() % 2 == 0) {
      list.push_back(item);
      model.push_back(item.value);
    } else {
      list.push_front(item);
      model.push_front(item.value);
    }
    REQUIRE(values(list) == Values(model.begin(), model.end()));
    REQUIRE(list.empty() == model.empty());
  }
}

}  // namespace
}  // namespace rivulet::base

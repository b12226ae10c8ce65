// Tests base/ref.h: shared ownership by counting.
#include "base/ref.h"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

namespace rivulet::base {
namespace {

struct Counted {
  explicit Counted(int& the_deaths) : deaths(the_deaths) {}
  static void destroy(const Counted* object) {
    ++object->deaths;
    delete object;
  }
  mutable uint32_t references = 0;
  int& deaths;
};
using CountedRef = Ref<Counted>;

CountedRef make(int& deaths) {
  return CountedRef(new Counted(deaths));
}

TEST_CASE("an empty reference holds nothing and destroys nothing") {
  const CountedRef empty;
  CHECK_FALSE(static_cast<bool>(empty));
  const CountedRef copy = empty;
  CHECK_FALSE(static_cast<bool>(copy));
  const CountedRef null(nullptr);
  CHECK_FALSE(static_cast<bool>(null));
}

TEST_CASE("the last reference destroys the object, once") {
  int deaths = 0;
  {
    const CountedRef first = make(deaths);
    CHECK(first->references == 1);
    {
      const CountedRef second = first;
      CHECK(second->references == 2);
      CHECK(&*second == &*first);
    }
    CHECK(first->references == 1);
    CHECK(deaths == 0);
  }
  CHECK(deaths == 1);
}

TEST_CASE("moving hands a reference over and leaves an empty one") {
  int deaths = 0;
  CountedRef first = make(deaths);
  const CountedRef second = std::move(first);
  CHECK_FALSE(static_cast<bool>(first));
  CHECK(second->references == 1);
  CHECK(deaths == 0);
}

TEST_CASE("assigning drops what was held before") {
  int deaths_of_old = 0;
  int deaths_of_new = 0;
  CountedRef ref = make(deaths_of_old);
  ref = make(deaths_of_new);
  CHECK(deaths_of_old == 1);
  CHECK(ref->references == 1);
  ref = CountedRef();
  CHECK(deaths_of_new == 1);
}

TEST_CASE("a reference survives being assigned or moved to itself") {
  int deaths = 0;
  CountedRef ref = make(deaths);
  CountedRef& same = ref;
  ref = same;
  CHECK(ref->references == 1);
  ref = std::move(same);
  CHECK(static_cast<bool>(ref));
  CHECK(ref->references == 1);
  CHECK(deaths == 0);
}

TEST_CASE(
    "an object is counted also when a reference starts from its address") {
  int deaths = 0;
  const CountedRef first = make(deaths);
  const CountedRef second(&*first);
  CHECK(first->references == 2);
}

TEST_CASE("many references die in any order and leave nothing behind") {
  int deaths = 0;
  std::vector<CountedRef> refs(1000, make(deaths));
  CHECK(refs.front()->references == 1000);
  refs.erase(refs.begin(), refs.begin() + 500);
  CHECK(refs.front()->references == 500);
  CHECK(deaths == 0);
  refs.clear();
  CHECK(deaths == 1);
}

}  // namespace
}  // namespace rivulet::base

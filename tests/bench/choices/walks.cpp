// How a broadcast finds everybody (src/hub/everybody.h): in a map by id, in a
// hash table, in a list through the subscribers, or in an array of pointers
// that is read ahead of, in any order or in that in which they lie in memory.
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/intrusive_list.h"
#include "base/prefetch.h"
#include "base/random.h"
#include "table.h"

namespace rivulet::bench {
namespace {

struct Tag {};

// As large as a stream, more or less, and one field is written.
struct Subscriber : base::ListNode<Tag> {
  size_t latest = 0;
  char rest[192];
};

// They lie where malloc put them, and stand in the lists in another order: as
// after clients have come and gone.
std::vector<std::unique_ptr<Subscriber>> scattered(size_t count) {
  std::vector<std::unique_ptr<Subscriber>> all(count);
  for (auto& one : all) one = std::make_unique<Subscriber>();
  base::Random random(1);
  for (size_t n = count; n > 1; --n)
    std::swap(all[n - 1], all[random.below(n)]);
  return all;
}

std::string random_id(base::Random& random) {
  return "client-" + std::to_string(random.next());
}

template <typename Map>
double walk_map(const std::vector<std::unique_ptr<Subscriber>>& all) {
  Map map;
  base::Random random(2);
  for (const auto& one : all) map.emplace(random_id(random), one.get());
  return nanoseconds_each(all.size(), [&map] {
    for (const auto& [id, subscriber] : map) ++subscriber->latest;
  });
}

double walk_list(const std::vector<std::unique_ptr<Subscriber>>& all) {
  base::IntrusiveList<Subscriber, Tag> list;
  for (const auto& one : all) list.push_back(*one);
  const double took = nanoseconds_each(all.size(), [&list] {
    list.for_each([](Subscriber& subscriber) { ++subscriber.latest; });
  });
  for (const auto& one : all) one->unlink();
  return took;
}

double walk_array(const std::vector<std::unique_ptr<Subscriber>>& all) {
  constexpr size_t kAhead = 8;
  return nanoseconds_each(all.size(), [&all] {
    for (size_t n = 0; n < all.size(); ++n) {
      if (n + kAhead < all.size()) base::prefetch(all[n + kAhead].get());
      ++all[n]->latest;
    }
  });
}

}  // namespace

void compare_walks() {
  for (const size_t count : {size_t{10'000}, size_t{500'000}}) {
    auto all = scattered(count);
    show_title(fmt::format("who gets a broadcast, of {}: ns each", count));
    show_row("std::map by id",
             walk_map<std::map<std::string, Subscriber*>>(all));
    show_row("std::unordered_map by id",
             walk_map<std::unordered_map<std::string, Subscriber*>>(all));
    show_row("intrusive list, in random order", walk_list(all));
    show_row("array, in random order, read ahead", walk_array(all));
    std::ranges::sort(all);
    show_row("array, in memory's order, read ahead", walk_array(all));
  }
}

}  // namespace rivulet::bench

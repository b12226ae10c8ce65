#include "server/deadlines.h"

#include <initializer_list>
#include <new>

#include "server/acceptor.h"
#include "server/connection.h"
#include "server/stream.h"

namespace rivulet::server {
namespace {

// Deadlines that fall close together are served by one wake-up: being this
// late costs nobody anything, waking up a hundred times a second does.
constexpr base::Duration kSlack{100};

// Entries of one list that are told in one turn.
constexpr int kShareOfATurn = 1024;
// Each of these reads from the history and writes: some milliseconds in all.
constexpr int kSlicesOfATurn = 128;

template <typename T>
void run_list(base::DeadlineList<T>& list, base::Time now, int share) {
  for (int n = 0; n < share; ++n) {
    T* const entry = list.pop_due(now);
    if (entry == nullptr) return;
    try {
      entry->on_deadline();
    } catch (const std::bad_alloc&) {
      entry->on_no_memory();
    }
  }
}

// Of these lists, the one whose first entry waits longest; null when all are
// empty.
template <typename T>
base::DeadlineList<T>* longest(
    std::initializer_list<base::DeadlineList<T>*> lists) {
  base::DeadlineList<T>* found = nullptr;
  for (auto* list : lists) {
    if (!list->oldest_since()) continue;
    if (found == nullptr || *list->oldest_since() < *found->oldest_since()) {
      found = list;
    }
  }
  return found;
}

}  // namespace

Deadlines::Deadlines(const Settings& settings)
    : request(settings.header_timeout),
      answering(settings.write_timeout),
      keep_alive(settings.keepalive_timeout),
      publishing(kPublisherSilence),
      in_event(kPublisherSilence),
      closing(kLingerTimeout),
      heartbeat(settings.heartbeat / kHeartbeatChecks),
      stalled(settings.write_timeout),
      catching_up(base::Duration(0)),
      ending(kLingerTimeout),
      accept_pause(kAcceptPause) {}

void Deadlines::reload(const Settings& settings) {
  request.set_wait(settings.header_timeout);
  answering.set_wait(settings.write_timeout);
  keep_alive.set_wait(settings.keepalive_timeout);
  heartbeat.set_wait(settings.heartbeat / kHeartbeatChecks);
  stalled.set_wait(settings.write_timeout);
}

void Deadlines::run_due(base::Time now) {
  for_each_list([&](auto& list) {
    const void* const which = &list;
    run_list(list, now, which == &catching_up ? kSlicesOfATurn : kShareOfATurn);
  });
}

std::optional<base::Time> Deadlines::next() const {
  if (catching_up.next()) return catching_up.next();  // there is work to do
  std::optional<base::Time> first;
  for_each_list([&first](const auto& list) {
    const std::optional<base::Time> due = list.next();
    if (due && (!first || *due < *first)) first = due;
  });
  if (first) *first += kSlack;
  return first;
}

bool Deadlines::evict_longest_waiting() {
  auto* const connections = longest({&request, &answering, &in_event});
  auto* const streams = longest({&stalled, &ending});
  const auto since = [](const auto* list) {
    return list == nullptr ? base::Time::max() : *list->oldest_since();
  };
  if (streams != nullptr && since(streams) <= since(connections)) {
    streams->pop_oldest()->evict();
  } else if (connections != nullptr) {
    connections->pop_oldest()->evict();
  } else if (Connection* publisher = publishing.pop_oldest()) {
    publisher->evict();  // last: it may be silent
  } else {
    return false;
  }
  return true;
}

}  // namespace rivulet::server

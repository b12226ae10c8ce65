#include "server/deadlines.h"

#include <algorithm>
#include <new>

#include "server/acceptor.h"
#include "server/connection.h"
#include "server/stream.h"

namespace rivulet::server {
namespace {

// Deadlines that fall close together are served by one wake-up: being this
// late costs nobody anything, waking up a hundred times a second does.
constexpr base::Duration kSlack{100};

constexpr int kShareOfATurn = 1024;

template <typename T>
void run_list(base::DeadlineList<T>& list, base::Time now) {
  for (int n = 0; n < kShareOfATurn; ++n) {
    T* const entry = list.pop_due(now);
    if (entry == nullptr) return;
    try {
      entry->on_deadline();
    } catch (const std::bad_alloc&) {
      entry->on_no_memory();
    }
  }
}

}  // namespace

Deadlines::Deadlines(const Settings& settings)
    : request(settings.header_timeout),
      answering(settings.write_timeout),
      keep_alive(settings.keepalive_timeout),
      closing(kLingerTimeout),
      heartbeat(settings.heartbeat / kHeartbeatChecks),
      stalled(settings.write_timeout),
      ending(kLingerTimeout),
      accept_pause(kAcceptPause) {}

void Deadlines::run_due(base::Time now) {
  run_list(request, now);
  run_list(answering, now);
  run_list(keep_alive, now);
  run_list(closing, now);
  run_list(heartbeat, now);
  run_list(stalled, now);
  run_list(ending, now);
  run_list(accept_pause, now);
}

std::optional<base::Time> Deadlines::next() const {
  std::optional<base::Time> first;
  for (const auto& due :
       {request.next(), answering.next(), keep_alive.next(), closing.next(),
        heartbeat.next(), stalled.next(), ending.next(), accept_pause.next()}) {
    if (due && (!first || *due < *first)) first = due;
  }
  if (first) *first += kSlack;
  return first;
}

bool Deadlines::evict_longest_waiting() {
  const auto later = base::Time::max();
  const base::Time requesting = request.oldest_since().value_or(later);
  const base::Time answered = answering.oldest_since().value_or(later);
  const base::Time streaming = stalled.oldest_since().value_or(later);
  const base::Time ended = ending.oldest_since().value_or(later);
  const base::Time longest = std::min({requesting, answered, streaming, ended});
  if (longest == later) return false;
  if (streaming == longest || ended == longest) {
    (streaming == longest ? stalled : ending).pop_oldest()->evict();
  } else {
    (answered == longest ? answering : request).pop_oldest()->evict();
  }
  return true;
}

}  // namespace rivulet::server

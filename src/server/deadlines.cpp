#include "server/deadlines.h"

#include <algorithm>

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
    entry->on_deadline();
  }
}

}  // namespace

Deadlines::Deadlines(const Settings& settings)
    : request(settings.header_timeout),
      keep_alive(settings.keepalive_timeout),
      closing(kLingerTimeout),
      heartbeat(settings.heartbeat / kHeartbeatChecks),
      ending(kLingerTimeout) {}

void Deadlines::run_due(base::Time now) {
  run_list(request, now);
  run_list(keep_alive, now);
  run_list(closing, now);
  run_list(heartbeat, now);
  run_list(ending, now);
}

std::optional<base::Time> Deadlines::next() const {
  std::optional<base::Time> first;
  for (const auto& due : {request.next(), keep_alive.next(), closing.next(),
                          heartbeat.next(), ending.next()}) {
    if (due && (!first || *due < *first)) first = due;
  }
  if (first) *first += kSlack;
  return first;
}

}  // namespace rivulet::server

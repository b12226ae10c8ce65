// The figures of the server as events, for whoever watches it (watcher.h): at
// once, and then about once a second. With nobody to see them no event is made
// and no timer runs.
//
// They are sums since the start, as in /metrics: who wants rates takes
// differences, by the `milliseconds` that stand beside them. The events are
// none of the hub's: they have no id, and no place in the history.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/intrusive_list.h"
#include "base/state.h"
#include "server/watcher.h"
#include "sse/frame.h"

namespace rivulet::server {

struct Context;

class Stats {
 public:
  static constexpr base::Duration kPeriod{1'000};
  // Each costs an event a second, and a descriptor of those that max-streams
  // leaves to other things (daemon/reload.cpp).
  static constexpr size_t kMostWatchers = 32;

  explicit Stats(const Context& context) : context_(context) {}

  [[nodiscard]] size_t watchers() const { return watchers_count_; }
  [[nodiscard]] bool full() const { return watchers_count_ >= kMostWatchers; }

  // Called by the watcher itself, when it starts and when it dies.
  void join(Watcher& watcher);
  void leave(Watcher& watcher);

  // The figures of this moment as a frame. Throws std::bad_alloc.
  [[nodiscard]] sse::FrameRef figures() const;

  // Shows them to all who watch, when it is time.
  void run_due();
  void show(const sse::FrameRef& figures);

  // When to call run_due() again; nothing while nobody watches.
  [[nodiscard]] std::optional<base::Time> next() const { return due_; }

  // Into and out of the state of a server (upgrade.h): when it is time. Those
  // who watch carry themselves.
  void carry(base::State& state);

  // Ends all: at shutdown, and when other tokens count (reload); see
  // Watcher::end().
  void end(std::string_view last_words);

 private:
  const Context& context_;
  base::IntrusiveList<Watcher, WatcherTag> watchers_;
  size_t watchers_count_ = 0;
  std::optional<base::Time> due_;
};

}  // namespace rivulet::server

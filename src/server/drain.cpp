#include "server/drain.h"

#include <algorithm>
#include <new>

#include "server/connection.h"
#include "server/stream.h"

namespace rivulet::server {
namespace {

// A few streams need no spreading: nobody waits ten seconds for two tabs.
constexpr base::Duration kTimeForEach{10};
// The rest of the drain time is for the last ones to take their end.
constexpr int kSpreadPercent = 80;
constexpr base::Duration kTick{20};

}  // namespace

void Drain::start() {
  started_ = context_.reactor.now();
  streams_ = context_.hub.subscriber_count();
  spread_ = std::min(context_.settings.drain_timeout * kSpreadPercent / 100,
                     kTimeForEach * static_cast<base::Duration::rep>(streams_));
  context_.draining = true;
  context_.log.info("draining",
                    {{"streams", streams_}, {"spread-ms", spread_.count()}});
  context_.end_watchers();
  auto& deadlines = context_.deadlines;
  // In a list of their own: drain() arms them anew.
  base::DeadlineList<Connection> connections{base::Duration(0)};
  for (auto* list :
       {&deadlines.request, &deadlines.answering, &deadlines.keep_alive,
        &deadlines.publishing, &deadlines.in_event}) {
    while (Connection* connection = list->pop_oldest()) {
      connections.arm(*connection, started_);
    }
  }
  while (Connection* connection = connections.pop_oldest()) {
    try {
      connection->drain();
    } catch (const std::bad_alloc&) {
      connection->on_no_memory();
    }
  }
}

void Drain::run_due() {
  if (!context_.draining) return;
  const base::Duration elapsed = context_.reactor.now() - started_;
  const size_t goal = elapsed >= spread_
                          ? streams_
                          : streams_ * static_cast<size_t>(elapsed.count()) /
                                    static_cast<size_t>(spread_.count()) +
                                1;
  auto& deadlines = context_.deadlines;
  for (; ended_ < goal; ++ended_) {
    Stream* stream = deadlines.heartbeat.pop_oldest();
    if (stream == nullptr) stream = deadlines.stalled.pop_oldest();
    if (stream == nullptr) stream = deadlines.catching_up.pop_oldest();
    if (stream == nullptr) return;  // more have left by themselves
    try {
      stream->end(EndReason::kDrain, context_.later_retry());
    } catch (const std::bad_alloc&) {
      stream->on_no_memory();  // it ends without a word
    }
  }
}

std::optional<base::Time> Drain::next() const {
  if (!context_.draining) return std::nullopt;
  const base::Time end = started_ + context_.settings.drain_timeout;
  const bool all_told = context_.hub.subscriber_count() == 0;
  return all_told ? end : std::min(end, context_.reactor.now() + kTick);
}

bool Drain::time_is_up() const {
  return context_.draining &&
         context_.reactor.now() >= started_ + context_.settings.drain_timeout;
}

}  // namespace rivulet::server

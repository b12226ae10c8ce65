// Who gets what: the subscribers by id and by topic, the fan-out of an event,
// and the history of those that went by.
//
//   clients_   "ana"  ──> [stream] -> [stream]             one id, two tabs
//   topics_    "news" ──> { 3, 5, 36 }                     slots of streams
//   everybody_ ─────────> all of them, by slot
//   history_   [ 17 ][ 18 ][ 19 ] ...  each with whom it was for
//
// A publish encodes its event once, keeps the frame in the history, and hands
// it to each subscriber of one of these lists: what it costs depends on how
// many those are, and on nobody else. Nothing is written, closed or freed
// meanwhile, so a list cannot change while it is walked (asserted).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/siphash.h"
#include "hub/client_index.h"
#include "hub/event_id.h"
#include "hub/everybody.h"
#include "hub/history.h"
#include "hub/subscriber.h"
#include "hub/topic.h"
#include "sse/event.h"

namespace rivulet::base {
class State;
}

namespace rivulet::sse {
class FrameTable;
}

namespace rivulet::hub {

// Whom an event is for: one client, or whoever subscribes to one of some
// topics, or, when both are empty, everybody.
struct Target {
  std::string_view client;
  std::span<const std::string> topics;
};

// What became of a publish.
struct Receipt {
  uint64_t sequence = 0;  // 0: the client is not connected, nothing was kept
  size_t receivers = 0;
  // Places in lists that were looked at: more than receivers when several of
  // the event's topics have the same subscribers.
  size_t visited = 0;
};

class Hub {
 public:
  // `epoch` stands in the ids of events, and is to be another one in each
  // process; so is `key`, which is a secret. With ids of Redis, events come
  // with theirs.
  Hub(HistoryLimits limits, uint64_t epoch, base::HashKey key,
      IdSystem ids = IdSystem::kOwn)
      : clients_(key),
        topics_(key),
        history_(limits),
        epoch_(epoch),
        ids_(ids) {}

  // Links `subscriber`, which is in no hub, under `id` (none when empty) and
  // under each of `topics`. It receives what is published from now on, and
  // must unsubscribe before it dies. Throws std::bad_alloc, and it is
  // subscribed to nothing then.
  void subscribe(Subscriber& subscriber, std::string_view id,
                 std::span<const std::string> topics = {});

  // Unlinks it; others under the same names are not disturbed.
  void unsubscribe(Subscriber& subscriber);

  // Delivers to all who are meant, each once, and keeps the event for those
  // who come back. An event for a client who is not connected is refused, and
  // not kept. Throws std::bad_alloc, and nobody got it then.
  Receipt publish(const Target& target, const sse::Event& event);

  // The same for an event that has its id, greater than all before it, from
  // elsewhere: kept also when its client is not connected here, for he may
  // have been connected there.
  Receipt publish_as(EventId id, const Target& target, const sse::Event& event);
  // Only keeps it: it went by before anybody was here.
  void keep(EventId id, const Target& target, const sse::Event& event);

  [[nodiscard]] const History& history() const { return history_; }
  // Of a history that holds nothing: what comes next follows the event `id`.
  void begin_after(EventId id) { history_.begin_at(history_.next(), id); }
  // What comes next has nothing to do with what was before.
  void forget_history() { history_.clear(); }
  // Other limits from the next event on; without a history events have no ids.
  void limit_history(HistoryLimits limits) { history_.set_limits(limits); }

  // How events are called on the wire; empty without a history, for then an id
  // would promise what nobody can keep. Of ids of Redis, those are known that
  // the history has, and that before them; empty for the rest.
  [[nodiscard]] std::string id_text(uint64_t sequence) const;

  // Where a client that has seen `last_event_id` goes on.
  struct Resumption {
    uint64_t next = 0;  // the first event it may have missed
    // Whether some events before `next` are gone that it may have missed too.
    bool gap = false;
    // Redis knows more about this id than the history.
    bool elsewhere = false;
  };
  [[nodiscard]] Resumption resume(std::string_view last_event_id) const;

  // The first event from `next` on that is for `subscriber`; moves `next` past
  // it. Nothing when there is none up to the head, or when `budget`, which
  // falls by 1 or more with each event looked at, is spent. `next` is in the
  // history.
  [[nodiscard]] sse::FrameRef next_event(Subscriber& subscriber, uint64_t& next,
                                         size_t& budget) const;

  // Whether what is for `target` is for `subscriber`.
  [[nodiscard]] static bool is_for(const Subscriber& subscriber,
                                   const Target& target);

  [[nodiscard]] size_t subscriber_count() const { return everybody_.size(); }
  // Those under one id, which are counted one by one.
  [[nodiscard]] size_t subscriber_count(std::string_view id) const;

  // What a subscriber, while subscribed, is known by: its id, empty when it is
  // anonymous, its topics, and the latest event that was for it.
  [[nodiscard]] static std::string_view id_of(const Subscriber& subscriber) {
    return subscriber.id_.view();
  }
  [[nodiscard]] static uint64_t latest_of(const Subscriber& subscriber) {
    return subscriber.latest_;
  }
  template <typename Visit>
  static void for_each_topic_of(const Subscriber& subscriber, Visit visit) {
    for (const Subscription& topic : subscriber.topics()) {
      visit(topic.topic()->name.view());
    }
  }

  // Calls `visit(std::string_view id)` for each connected id, each once, in
  // the order in which their oldest connections came. Throws std::bad_alloc.
  template <typename Visit>
  void for_each_client(Visit visit) const {
    for_each_subscriber([&visit](const Subscriber& subscriber) {
      const std::string_view id = id_of(subscriber);
      if (id.empty() || ClientIndex::next_older(subscriber) != nullptr) return;
      visit(id);
    });
  }

  // Calls `visit(Subscriber&)` for each, the oldest first, which may throw
  // std::bad_alloc; or for each under one id, the newest first. It must not
  // subscribe or unsubscribe anybody.
  template <typename Visit>
  void for_each_subscriber(Visit visit) const {
    for (Subscriber* subscriber : everybody_.by_arrival()) visit(*subscriber);
  }
  template <typename Visit>
  void for_each_subscriber(std::string_view id, Visit visit) const {
    Subscriber* subscriber = clients_.newest(id);
    while (subscriber != nullptr) {
      Subscriber& one = *subscriber;
      subscriber = ClientIndex::next_older(one);
      visit(one);
    }
  }

  // Into and out of the state of a server (base/state.h): the history, into a
  // hub that has none, and one subscriber, into one that is in no hub.
  void carry(base::State& state, sse::FrameTable& frames);
  void carry_subscriber(base::State& state, Subscriber& subscriber);

 private:
  void join(Subscriber& subscriber, std::string_view id,
            std::span<const std::string> topics);
  void join_topics(Subscriber& subscriber, std::span<const std::string> names);
  static void leave_topics(Subscriber& subscriber);
  [[nodiscard]] Audience audience_of(const Target& target);
  [[nodiscard]] EventId own_id(uint64_t sequence) const {
    return {epoch_, sequence};
  }
  [[nodiscard]] Resumption resume_from(EventId seen) const;
  [[nodiscard]] History::Entry encode(EventId id, std::string_view id_text,
                                      const Target& target,
                                      const sse::Event& event);
  Receipt hand_out(const History::Entry& entry);
  void carry_audience(base::State& state, Audience& audience);
  Receipt fan_out(const Audience& audience, const sse::FrameRef& frame);
  [[nodiscard]] static bool is_for(const Subscriber& subscriber,
                                   const Audience& audience);

  ClientIndex clients_;
  TopicDirectory topics_;
  Everybody everybody_;
  History history_;  // refers to topics: so it dies before them
  uint64_t epoch_;
  IdSystem ids_;
  bool fanning_out_ = false;
};

}  // namespace rivulet::hub

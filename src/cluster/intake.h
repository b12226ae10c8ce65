// Reads the stream of events from Redis, on a connection of its own, which
// waits there for the next.
//
//   XREVRANGE ──> where to begin: as far back as the history reaches
//        │
//        v
//   XRANGE last last + XREAD BLOCK … last ──> entries, in order, each once
//        ^      │                                │
//        └──────│──── the hub takes more ────────┘
//               └──> `last` is gone: so may be others after it (a gap)
//
// Both commands leave in one write, and Redis runs them one after the other: if
// the entry that was read last is still there, what follows it is complete.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/state.h"
#include "cluster/entry.h"
#include "cluster/keys.h"
#include "cluster/redis_link.h"
#include "hub/event_id.h"

namespace rivulet::cluster {

class Intake final : public RedisLink::Owner {
 public:
  // How many entries one reply brings at most, and how long Redis waits for
  // the first before it says that there is none.
  static constexpr size_t kMostEntries = 128;
  static constexpr std::string_view kBlockMs = "1000";

  class Owner {
   public:
    // How many entries it would take now; 0 for none.
    [[nodiscard]] virtual size_t appetite() const = 0;
    // The next one. Throws std::bad_alloc, and is given it again then.
    virtual void on_entry(const Entry& entry) = 0;
    // Reading begins after this one.
    virtual void on_begin(hub::EventId after) = 0;
    // Entries between these two are gone that have not been read: zero stands
    // for the beginning.
    virtual void on_gap(hub::EventId after, hub::EventId before) = 0;
    // What was read up to `last` is gone from Redis, and a new history has
    // begun with the entry `epoch`, whose id may be smaller.
    virtual void on_new_epoch(hub::EventId last, hub::EventId epoch) = 0;
    // An entry that nobody of us has written.
    virtual void on_strange_entry(hub::EventId id) = 0;
    // Some entries have been read, or there were none.
    virtual void on_progress() = 0;

   protected:
    ~Owner() = default;
  };

  // `look_back`: how many of the last events to begin with.
  Intake(os::Reactor& reactor, base::Random& random,
         const RedisAddress& address, const Keys& keys, size_t look_back,
         Owner& owner);

  [[nodiscard]] const RedisLink& link() const { return link_; }
  [[nodiscard]] hub::EventId last() const { return last_; }
  // The newest entry that there was when it connected for the first time: what
  // is "old" was in Redis before this instance was.
  [[nodiscard]] hub::EventId born_after() const { return born_after_; }
  [[nodiscard]] uint64_t entries() const { return entries_; }
  // Whether it has once read up to where the stream was when it connected.
  [[nodiscard]] bool caught_up() const { return link_.up() && caught_up_; }

  // Into and out of the state of a server: how far it has read.
  void carry(base::State& state);

  // What Redis says the epoch is: reads anew from its beginning if that has
  // been missed.
  void check_epoch(hub::EventId epoch);

  // Is connected anew.
  void start_over() { link_.start_over("no memory"); }

  // Goes on reading when there is appetite again.
  void run_due();
  [[nodiscard]] std::optional<base::Time> next() const;

  void on_up() override;
  void on_reply(const RedisReply& reply) override;
  void on_down() override;

 private:
  enum class Awaits : uint8_t { kNothing, kWhereToBegin, kProof, kEntries };

  void ask();
  void begin(const RedisReply& reply);
  void take(const RedisReply& reply);
  void take_entry(const RedisReply& reply);
  void take_epoch(const Entry& entry);

  os::Reactor& reactor_;
  const Keys& keys_;
  const size_t look_back_;
  Owner& owner_;
  RedisLink link_;
  Awaits awaits_ = Awaits::kNothing;
  bool begun_ = false;
  bool caught_up_ = false;
  bool torn_ = false;  // `last_` is not in the stream any more
  hub::EventId last_;  // read
  hub::EventId head_;  // of the stream, when it connected
  hub::EventId born_after_;
  std::optional<hub::EventId> epoch_;
  uint64_t entries_ = 0;
};

}  // namespace rivulet::cluster

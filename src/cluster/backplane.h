// What many instances of the server have in common: one stream of events in
// Redis, to which each adds what is published on it, and from which each takes
// what all have published, its own too, in the one order that Redis gives.
//
//   publisher ──> [ A ] ── XADD ──> ┌───────┐ ── XREAD ──> [ A ] ──> streams
//                                   │ Redis │ ── XREAD ──> [ B ] ──> streams
//   publisher ──> [ B ] ── XADD ──> └───────┘ ── XREAD ──> [ C ] ──> streams
//
// An event is delivered nowhere but where it is read; its id is the entry's, so
// a client that comes back to another instance goes on where it was. Two
// connections: one waits for entries (Intake), one is for all else (Commands).
// Nothing here waits, and nothing knows a stream or a socket of a client.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/state.h"
#include "cluster/commands.h"
#include "cluster/entry.h"
#include "cluster/fence.h"
#include "cluster/intake.h"
#include "cluster/keys.h"
#include "cluster/outbox.h"
#include "cluster/presence.h"
#include "cluster/redis_address.h"
#include "cluster/ticket.h"
#include "hub/hub.h"
#include "os/reactor.h"

namespace rivulet::cluster {

struct BackplaneSettings {
  RedisAddress redis;
  std::string prefix;    // of all keys
  std::string instance;  // another one in each process
  OutboxLimits outbox;
  size_t look_back = 0;  // events that are read at the start
};

class Backplane final : private Commands::Owner,
                        private Intake::Owner,
                        private Fence::Owner,
                        private ReplyReader {
 public:
  class Listener {
   public:
    // How many events it would take now; 0 for none.
    [[nodiscard]] virtual size_t appetite() const = 0;
    // The next event; `old` when it was there before this instance was. Throws
    // std::bad_alloc, and is given it again then.
    virtual void on_event(const Entry& entry, bool old) = 0;
    // The streams of a client are to end.
    virtual void on_kick(std::string_view client) = 0;
    // See Intake::Owner.
    virtual void on_begin(hub::EventId after) = 0;
    virtual void on_gap(hub::EventId after, hub::EventId before) = 0;
    virtual void on_new_epoch(hub::EventId last, hub::EventId epoch) = 0;
    virtual void on_strange_entry(hub::EventId id) = 0;
    virtual void on_progress() = 0;
    // An answer to fetch(): entries; and that none will come to any.
    virtual void on_slice(uint64_t number, const RedisReply& entries) = 0;
    virtual void on_slices_lost() = 0;
    // Redis is there, from now on; or is away.
    virtual void on_there() = 0;
    virtual void on_away(std::string_view reason) = 0;

   protected:
    ~Listener() = default;
  };

  // Connects at the first run_due(). `hub` is asked who is connected here.
  Backplane(os::Reactor& reactor, base::Random& random, const hub::Hub& hub,
            BackplaneSettings settings, Listener& listener);

  // Whether publishes arrive and all that others published has been read.
  [[nodiscard]] bool ready() const;

  // See Outbox::publish().
  [[nodiscard]] bool publish(const hub::Target& target, const sse::Event& event,
                             TicketRef ticket);
  // Ends the streams of a client, wherever they are. False when Redis is away.
  [[nodiscard]] bool kick(std::string_view client, TicketRef ticket);

  // Asks which hashes of clients there are, which clients are in one, and how
  // many streams one client has in one. False when Redis is away.
  [[nodiscard]] bool ask_instances(TicketRef ticket);
  [[nodiscard]] bool ask_clients(std::string_view hash, TicketRef ticket);
  [[nodiscard]] bool ask_client(std::string_view hash, std::string_view client,
                                TicketRef ticket);

  // Asks for `count` entries from `first` on, that too. False when Redis is
  // away.
  [[nodiscard]] bool fetch(hub::EventId first, size_t count, uint64_t number);
  [[nodiscard]] bool can_fetch() const { return commands_.there(); }

  // A client has one stream more or less here.
  void client_changed(std::string_view id) { presence_.changed(id); }

  // Whether publishes or questions of clients are not answered yet.
  [[nodiscard]] bool owes_answers() const {
    return outbox_.flying() + outbox_.waiting() > 0 || commands_.tickets() > 0;
  }

  // Into and out of the state of a server (server/upgrade.h), while no answers
  // are owed: how far the stream has been read. Connections are made anew.
  void carry(base::State& state);

  // There is no memory for what is due: both connections begin anew.
  void start_over();

  // Tells the others, as far as Redis takes it at once, that nobody is here.
  void leave();

  // Goes on with whatever is due, before the loop sleeps.
  void run_due();
  [[nodiscard]] std::optional<base::Time> next() const;

  [[nodiscard]] const Outbox& outbox() const { return outbox_; }
  [[nodiscard]] const Intake& intake() const { return intake_; }
  // Handlers that the reactor has for it.
  [[nodiscard]] size_t handlers() const {
    return (commands_.link().watched() ? 1U : 0U) +
           (intake_.link().watched() ? 1U : 0U);
  }
  // How often Redis has been lost.
  [[nodiscard]] uint64_t losses() const { return losses_; }

 private:
  enum What : uint64_t { kEpoch, kHead };
  // How often the epoch is looked at, and it is told that this instance lives.
  static constexpr base::Duration kRefreshEvery{1'000};

  void on_commands_up() override;
  void on_commands_down() override;
  void on_fenced() override;
  void on_reply(uint64_t what, const RedisReply& reply) override;
  [[nodiscard]] size_t appetite() const override;
  void on_entry(const Entry& entry) override;
  void on_begin(hub::EventId after) override;
  void on_gap(hub::EventId after, hub::EventId before) override;
  void on_new_epoch(hub::EventId last, hub::EventId epoch) override;
  void on_strange_entry(hub::EventId id) override;
  void on_progress() override;

  void refresh();
  void ask_epoch();
  void take_head(const RedisReply& newest);
  void look_at_doubts();
  void look_at_state();
  [[nodiscard]] std::string_view problem() const;

  os::Reactor& reactor_;
  const hub::Hub& hub_;
  const BackplaneSettings settings_;
  const Keys keys_;
  Listener& listener_;
  Commands commands_;
  Fence fence_;
  Outbox outbox_;
  Presence presence_;
  Intake intake_;
  base::Time refresh_due_{};
  // Where the stream was when the commands' connection came back.
  std::optional<hub::EventId> head_;
  bool there_ = false;
  bool been_present_ = false;  // it has once read all that there was
  bool told_away_ = false;
  uint64_t losses_ = 0;
};

}  // namespace rivulet::cluster

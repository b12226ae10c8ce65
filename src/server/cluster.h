// The server's part in a cluster. src/cluster talks to Redis and knows no
// stream; this is what ties it to the hub: hands on what the backplane brings,
// and says in the log how Redis is doing. There is one only with the option
// `redis`.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/throttle.h"
#include "cluster/backplane.h"
#include "server/recalls.h"

namespace rivulet::server {

struct Context;

class Cluster final : private cluster::Backplane::Listener {
 public:
  explicit Cluster(Context& context);

  [[nodiscard]] cluster::Backplane& backplane() { return backplane_; }
  [[nodiscard]] const cluster::Backplane& backplane() const {
    return backplane_;
  }
  [[nodiscard]] Recalls& recalls() { return recalls_; }
  [[nodiscard]] const Recalls& recalls() const { return recalls_; }

  // Whether somebody waits for an answer of Redis.
  [[nodiscard]] bool asks_redis() const { return backplane_.owes_answers(); }

  // Into and out of the state of a server (upgrade.h).
  void carry(base::State& state) {
    backplane_.carry(state);
    recalls_.carry(state);
  }

  // Goes on with whatever is due, before the loop sleeps.
  void run_due();
  [[nodiscard]] std::optional<base::Time> next() const;

 private:
  [[nodiscard]] size_t appetite() const override;
  void on_event(const cluster::Entry& entry, bool old) override;
  void on_kick(std::string_view client) override;
  void on_begin(hub::EventId after) override;
  void on_gap(hub::EventId after, hub::EventId before) override;
  void on_new_epoch(hub::EventId last, hub::EventId epoch) override;
  void on_strange_entry(hub::EventId id) override;
  void on_progress() override;
  void on_slice(uint64_t number, const cluster::RedisReply& entries) override;
  void on_slices_lost() override;
  void on_there() override;
  void on_away(std::string_view reason) override;

  void tell_gap(hub::EventId after, hub::EventId before, hub::EventId id);

  Context& context_;
  cluster::Backplane backplane_;
  Recalls recalls_;
  base::Throttle strangers_{base::kLogEvery};
};

}  // namespace rivulet::server

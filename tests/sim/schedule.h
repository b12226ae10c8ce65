// One run of the simulation, all of it drawn from one seed: a server, its
// settings, the faults of its kernel, and a crowd of clients.
//
//   kBusy ──> kSettling ──> kProbing ──> kDraining ──> the end
//      └── SIGTERM in the middle of it ─────^
//
// While it settles the kernel makes no more faults, everybody who reads at all
// reads everything, and then nothing may be missing anywhere.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "client.h"
#include "conversation.h"
#include "journal.h"
#include "kernel.h"
#include "random.h"
#include "request.h"
#include "roster.h"
#include "server/server.h"
#include "server/settings.h"
#include "witness.h"

namespace rivulet::sim {

// What came of a run.
struct Outcome {
  std::string violation;  // empty: none
  uint64_t digest = 0;
  size_t turns = 0;
  size_t connections = 0;
  size_t events = 0;
  size_t deliveries = 0;
};

class Schedule final : public Witness {
 public:
  Schedule(uint64_t seed, bool traced);
  ~Schedule() override;

  [[nodiscard]] Outcome run();

  // ---- Witness
  [[nodiscard]] std::optional<base::Time> next_event() const override;
  void act() override;
  void before_sleep(bool work_left) override;
  void on_no_memory() override;
  void on_signal() override;
  void on_accept(Link& link) override;
  void on_read(Link& link, std::string_view bytes) override;
  void on_peer_end(Link& link) override;
  void on_broken(Link& link) override;
  void on_write(Link& link, std::string_view bytes) override;
  void on_shutdown(Link& link) override;
  void on_close(Link& link) override;

 private:
  enum class Phase : uint8_t { kBusy, kSettling, kProbing, kDraining };

  // Who acts when: a client, or the schedule itself.
  struct Appointment {
    base::Time when;
    uint64_t order;
    size_t client;  // kDirector: the schedule
    bool operator>(const Appointment& other) const {
      return when != other.when ? when > other.when : order > other.order;
    }
  };
  static constexpr size_t kDirector = SIZE_MAX;

  void draw_settings();
  [[nodiscard]] Rules draw_options();
  void draw_history(Rules& rules);
  void draw_limits(Rules& rules);
  void draw_crowd();
  void serve();
  void appoint(size_t client, base::Duration in);
  void direct();
  [[nodiscard]] ClientPlan draw_plan();
  void spawn(const ClientPlan& plan);
  void settle();
  [[nodiscard]] bool everybody_settled() const;
  void terminate();
  void check_turn();
  void reload(server::Server& server);
  void upgrade(std::unique_ptr<server::Server>& server, const base::Log& log);
  void check_end();
  [[nodiscard]] bool turn(server::Server& server);
  [[nodiscard]] Conversation* conversation_of(const Link& link);
  [[nodiscard]] base::Duration busy_left() const;

  Random random_;
  Journal journal_;
  server::Settings settings_;
  std::vector<ClientId> ids_;
  std::optional<Roster> roster_;
  Kernel kernel_;
  std::optional<RequestMaker> requests_;
  std::optional<Surroundings> world_;
  Faults faults_;

  std::priority_queue<Appointment, std::vector<Appointment>, std::greater<>>
      agenda_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<Client*> client_of_link_;
  Phase phase_ = Phase::kBusy;
  size_t to_spawn_ = 0;
  base::Time busy_until_{};
  base::Time settle_until_{};
  bool crowded_ = false;
  bool abrupt_ = false;      // SIGTERM comes in the middle
  bool twice_ = false;       // and a second one
  size_t upgrade_each_ = 0;  // so many turns; 0: never
  uint64_t appointments_ = 0;
  size_t turns_ = 0;
  Conversation* read_last_ = nullptr;  // in this turn
};

}  // namespace rivulet::sim

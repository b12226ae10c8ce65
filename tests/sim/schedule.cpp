#include "schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "base/log.h"
#include "memory.h"

namespace rivulet::sim {
namespace {

constexpr size_t kMostTurns = 2'000'000;
// Megabytes may wait in the history for a socket that takes a hundred bytes.
constexpr base::Duration kLongestSettling{600'000};

// Formats every line and drops it.
std::FILE* nowhere() {
  static std::FILE* const file = std::fopen("/dev/null", "w");
  return file;
}

}  // namespace

Schedule::Schedule(uint64_t seed, bool traced)
    : random_(seed),
      journal_(traced),
      kernel_(random_.fork(), journal_, *this) {
  draw_settings();
  draw_crowd();
  if (seed % 2 == 1) upgrade_each_ = 1 + seed / 2 % 50;
  settings_.access_log = seed % 8 == 0;  // it needs memory, which may be short
}

Schedule::~Schedule() = default;

Outcome Schedule::run() {
  serve();
  check_end();
  return {.violation = journal_.violation(),
          .digest = journal_.digest(),
          .turns = turns_,
          .connections = client_of_link_.size(),
          .events = roster_->log().size(),
          .deliveries = roster_->deliveries()};
}

void Schedule::serve() {
  const base::Log log(nowhere(), random_.chance(0.1) ? base::LogLevel::kDebug
                                                     : base::LogLevel::kError);
  const size_t room = std::exchange(kernel_.descriptor_limit, SIZE_MAX);
  auto server = std::make_unique<server::Server>(settings_, log);
  kernel_.descriptor_limit = room;
  kernel_.faults = faults_;
  appoint(kDirector, base::Duration(0));
  while (turn(*server) && !journal_.violated()) {
    check_turn();
    reload(*server);
    upgrade(server, log);
  }
  journal_.note("the server has ended");
  roster_->over = true;
}

bool Schedule::turn(server::Server& server) {
  try {
    const Running running(Running::What::kServer);
    return server.turn();
  } catch (const std::exception& error) {
    journal_.violate(Journal::kNobody,
                     fmt::format("an exception ends it: {}", error.what()));
    return false;
  }
}

// Now and then an operator changes much and takes it back at once: those who
// are connected are counted anew, wait anew, and notice nothing.
void Schedule::reload(server::Server& server) {
  constexpr size_t kEach = 61;
  if (turns_ % kEach != 0 || roster_->draining) return;
  server::Settings other = settings_;
  const size_t limit = other.max_streams_per_address;
  other.max_streams_per_address = limit == 0 ? 1 : 0;
  other.heartbeat = other.header_timeout = other.keepalive_timeout =
      other.write_timeout = base::Duration(1);
  other.publish_tokens = {"another"};
  server.reload(other);
  server.reload(settings_);
}

void Schedule::check_turn() {
  read_last_ = nullptr;
  if (++turns_ > kMostTurns) {
    journal_.violate(Journal::kNobody, "this takes too many turns");
  }
  constexpr base::Duration kGrace{500};
  if (roster_->draining && kernel_.now() - roster_->draining_since >
                               roster_->rules.drain_timeout + kGrace) {
    journal_.violate(Journal::kNobody, "the server goes on after its drain");
  }
}

void Schedule::check_end() {
  if (kernel_.open_descriptors() > 0) {
    journal_.violate(Journal::kNobody,
                     fmt::format("{} descriptors are still open at the end",
                                 kernel_.open_descriptors()));
  }
  if (!roster_->draining) {
    journal_.violate(Journal::kNobody, "the server ends without a signal");
  }
}

// ---- what happens when

std::optional<base::Time> Schedule::next_event() const {
  if (agenda_.empty()) return std::nullopt;
  return agenda_.top().when;
}

void Schedule::appoint(size_t client, base::Duration in) {
  agenda_.push({kernel_.now() + in, appointments_++, client});
}

void Schedule::act() {
  const size_t index = agenda_.top().client;
  agenda_.pop();
  if (index == kDirector) return direct();
  Client& client = *clients_[index];
  const bool unconnected = client.link() == nullptr;
  const auto pause = client.step();
  if (unconnected && client.link() != nullptr) {
    client_of_link_.resize(static_cast<size_t>(client.link()->number) + 1);
    client_of_link_.back() = &client;
  }
  if (pause) return appoint(index, *pause);
  // Gone, and perhaps back in a moment: under the same id.
  if (phase_ == Phase::kBusy && random_.chance(0.4)) {
    ClientPlan plan = draw_plan();
    plan.id = client.plan().id;
    if (client.conversation() != nullptr) {
      plan.last_sequence = client.conversation()->last_sequence();
    }
    spawn(plan);
  }
}

base::Duration Schedule::busy_left() const {
  return std::max(busy_until_ - kernel_.now(), base::Duration(1));
}

ClientPlan Schedule::draw_plan() {
  ClientPlan plan = ClientPlan::drawn_from(random_, ids_.size(), busy_left());
  const bool publishes = plan.role == Role::kPublisher;
  if (roster_->rules.congested) {
    if (!publishes) plan.http10 = false;
  }
  return plan;
}

void Schedule::spawn(const ClientPlan& plan) {
  clients_.push_back(std::make_unique<Client>(*world_, random_.fork(), plan));
  appoint(clients_.size() - 1, milliseconds(random_.of_any_size(0, 20)));
}

// The schedule's own next thing, by the phase it is in.
void Schedule::direct() {
  const base::Time now = kernel_.now();
  switch (phase_) {
    case Phase::kBusy:
      if (to_spawn_ > 0) {
        --to_spawn_;
        spawn(draw_plan());
        const auto share =
            static_cast<size_t>(busy_left().count()) / (to_spawn_ + 1);
        return appoint(kDirector, milliseconds(random_.below(share + 1)));
      }
      if (now < busy_until_) return appoint(kDirector, busy_until_ - now);
      return abrupt_ ? terminate() : settle();
    case Phase::kSettling:
      if (!everybody_settled() && now < settle_until_) {
        return appoint(kDirector, base::Duration(50));
      }
      phase_ = Phase::kProbing;
      settle_until_ = now + kLongestSettling;
      spawn({.role = Role::kProbe,
             .requests = 1,
             .up_capacity = 4'096,
             .down_capacity = 4'096});
      return appoint(kDirector, base::Duration(50));
    case Phase::kProbing:
      if (!everybody_settled() && now < settle_until_) {
        return appoint(kDirector, base::Duration(50));
      }
      if (!everybody_settled()) {
        journal_.violate(Journal::kNobody,
                         "a healthy client waits for ever for its bytes");
      }
      return terminate();
    case Phase::kDraining:
      if (twice_) kernel_.raise_signal();
      return;
  }
}

void Schedule::settle() {
  journal_.note("no more faults; everything settles");
  phase_ = Phase::kSettling;
  settle_until_ = kernel_.now() + kLongestSettling;
  kernel_.faults = {};
  kernel_.descriptor_limit = kernel_.backlog = SIZE_MAX;
  world_->settling = true;
  appoint(kDirector, base::Duration(50));
}

bool Schedule::everybody_settled() const {
  return std::all_of(clients_.begin(), clients_.end(),
                     [](const auto& client) { return client->settled(); });
}

void Schedule::terminate() {
  journal_.note("SIGTERM");
  phase_ = Phase::kDraining;
  kernel_.raise_signal();
  if (twice_) appoint(kDirector, milliseconds(random_.between(1, 2'000)));
}

// ---- what the server does

Conversation* Schedule::conversation_of(const Link& link) {
  const auto number = static_cast<size_t>(link.number);
  assert(number < client_of_link_.size());
  return client_of_link_[number]->conversation();
}

void Schedule::before_sleep(bool work_left) {
  for (Client* client : client_of_link_) {
    if (work_left || client->link()->server_closed) continue;
    client->conversation()->on_sleep(kernel_.interest_in(*client->link()),
                                     kernel_.now());
  }
  roster_->on_sleep(!work_left, journal_);
}

void Schedule::on_no_memory() {
  roster_->on_no_memory();
  if (read_last_ != nullptr) read_last_->on_no_memory();
}

void Schedule::on_signal() {
  read_last_ = nullptr;
  roster_->start_draining(kernel_.now());
}

void Schedule::on_accept(Link& link) {
  conversation_of(link)->on_accept(kernel_.now());
}

void Schedule::on_read(Link& link, std::string_view bytes) {
  read_last_ = conversation_of(link);
  read_last_->on_read(bytes, kernel_.now());
}

void Schedule::on_peer_end(Link& link) {
  conversation_of(link)->on_peer_end(kernel_.now());
}

void Schedule::on_broken(Link& link) {
  conversation_of(link)->on_broken();
}

void Schedule::on_write(Link& link, std::string_view bytes) {
  conversation_of(link)->on_write(bytes, kernel_.now());
}

void Schedule::on_shutdown(Link& link) {
  conversation_of(link)->on_shutdown();
}

void Schedule::on_close(Link& link) {
  Client& client = *client_of_link_[static_cast<size_t>(link.number)];
  // Whoever reads everything sees the end of a drain as an end.
  const bool promised =
      roster_->draining && !roster_->over && !twice_ && !abrupt_ &&
      client.healthy() && client.conversation()->streaming() &&
      !client.conversation()->may_be_ended() && !roster_->may_be_over_limit();
  if (promised && !client.conversation()->ended_cleanly()) {
    journal_.violate(link.number, "a stream that is cut off by the drain");
  }
  client.conversation()->on_close(kernel_.now());
}

}  // namespace rivulet::sim

// A question that only all instances together can answer: who is connected, and
// the end of a client's streams. Redis is asked in steps, for each instance
// keeps its clients in a hash of its own (cluster/presence.h):
//
//   which instances? ──> who is on each? ──> the answer, or
//                                            ──> an entry that ends a client
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>

#include "cluster/ticket.h"
#include "http/response.h"
#include "server/context.h"
#include "server/outcome.h"
#include "server/waiter.h"

namespace rivulet::server {

class Inquiry final : private cluster::Asker {
 public:
  // Asks at once; calls `waiter` when it is settled later than that.
  Inquiry(Context& context, AskCluster question, Waiter& waiter);
  ~Inquiry();
  Inquiry(const Inquiry&) = delete;
  Inquiry& operator=(const Inquiry&) = delete;

  [[nodiscard]] bool settled() const { return step_ == Step::kDone; }
  // Once it is settled.
  [[nodiscard]] http::Response response() const;

 private:
  enum class Step : uint8_t { kInstances, kClients, kKick, kDone };

  void on_published(hub::EventId) override {}
  void on_nobody_there() override {}
  void on_answer(const cluster::RedisReply& reply) override;
  void on_failed() override;

  void ask_each(const cluster::RedisReply& instances);
  void add(const cluster::RedisReply& reply);
  void conclude();
  void settle();

  Context& context_;
  const AskCluster question_;
  Waiter& waiter_;
  cluster::TicketRef ticket_;
  Step step_ = Step::kInstances;
  bool failed_ = false;
  size_t unanswered_ = 0;
  std::set<std::string> clients_;  // of all instances
  uint64_t streams_ = 0;           // of the one client
};

}  // namespace rivulet::server

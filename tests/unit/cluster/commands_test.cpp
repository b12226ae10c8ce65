// Tests cluster/commands.h: whoever waits with a ticket hears of its end,
// though there is no memory for it.
#include "cluster/commands.h"

#include <doctest/doctest.h>

#include <new>
#include <variant>

#include "../support/out_of_memory.h"

namespace rivulet::cluster {
namespace {

// One that finds no memory for any answer.
struct Poor final : Asker {
  void on_published(hub::EventId) override {}
  void on_nobody_there() override {}
  void on_answer(const RedisReply&) override { throw std::bad_alloc(); }
  void on_failed() override { ++failures; }

  int failures = 0;
};

struct Bench final : Commands::Owner {
  void on_commands_up() override {}
  void on_commands_down() override { ++downs; }

  const RedisAddress address =
      std::get<RedisAddress>(parse_redis_address("unix:///nowhere"));
  base::Random random{1};
  os::Reactor reactor;
  int downs = 0;
  Commands commands{reactor, random, address, *this};
  Poor poor;
  TicketRef ticket{new Ticket(poor)};
};

TEST_CASE("who finds no memory for an answer is told that there is none") {
  Bench bench;
  bench.commands.ask({"GET", "a"}, bench.ticket);
  bench.commands.ask({"GET", "b"}, bench.ticket);
  const RedisReply reply(nullptr);  // nobody looks at it
  bench.commands.on_reply(reply);
  CHECK(bench.poor.failures == 1);
  bench.ticket->asker = nullptr;
  bench.commands.on_reply(reply);
  CHECK(bench.poor.failures == 1);
  CHECK(bench.commands.tickets() == 0);
}

TEST_CASE("all who wait hear that the link is down, without any memory") {
  Bench bench;
  bench.commands.ask({"GET", "a"}, bench.ticket);
  bench.commands.ask({"GET", "b"}, bench.ticket);
  {
    const test::OutOfMemory none(0, test::Shortage::kLasting);
    bench.commands.on_down();
  }
  CHECK(bench.poor.failures == 2);
  CHECK(bench.downs == 1);
  CHECK(bench.commands.tickets() == 0);
}

}  // namespace
}  // namespace rivulet::cluster

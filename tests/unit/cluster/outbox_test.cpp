// Tests cluster/outbox.h: how much may wait for a Redis that is away.
#include "cluster/outbox.h"

#include <doctest/doctest.h>

#include <string>
#include <variant>
#include <vector>

namespace rivulet::cluster {
namespace {

struct Bench final : Commands::Owner, Asker {
  void on_commands_up() override {}
  void on_commands_down() override {}
  void on_published(hub::EventId) override {}
  void on_nobody_there() override {}
  void on_answer(const RedisReply&) override {}
  void on_failed() override {}

  const RedisAddress address =
      std::get<RedisAddress>(parse_redis_address("unix:///nowhere"));
  base::Random random{1};
  os::Reactor reactor;
  Commands commands{reactor, random, address, *this};
  const Keys keys{"rivulet", "me"};
  Outbox outbox{reactor,
                commands,
                keys,
                "me",
                {.stream_events = 1'000, .wait = base::Duration(1'000)}};
  TicketRef ticket{new Ticket(*this)};
};

TEST_CASE("what waits is bounded by all that it holds, not by its data alone") {
  Bench bench;
  const std::vector<std::string> topics(64, std::string(128, 't'));
  constexpr size_t kBytesOfOne = size_t{64} * 128;
  constexpr size_t kTooMany = Outbox::kMostBytes / kBytesOfOne;
  size_t taken = 0;
  const hub::Target target{.client = {}, .topics = topics};
  const sse::Event event{.name = {}, .data = "x"};
  while (taken < kTooMany &&
         bench.outbox.publish(target, event, false, bench.ticket)) {
    ++taken;
  }
  CHECK(taken > kTooMany / 4);
  CHECK(taken < kTooMany);
  CHECK(bench.outbox.waiting() == taken);
  CHECK(bench.outbox.failed() == 1);
}

}  // namespace
}  // namespace rivulet::cluster

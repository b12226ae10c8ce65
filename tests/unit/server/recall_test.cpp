// Tests server/stream.h while a stream waits for what only Redis remembers.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "../support/recall_bench.h"
#include "scarce_bench.h"
#include "sse/frame.h"

namespace rivulet::server {
namespace {

using test::StreamClient;
using RecallBench = test::Recalling<test::ServerBench>;

TEST_CASE("what Redis had, and then the history, is written and counted") {
  RecallBench bench;
  StreamClient client(bench, "/stream/ana", test::kSeenLongAgo);
  bench.context.hub.publish_as({101, 0}, {}, {.name = {}, .data = "held"});
  CHECK(client.read_data().empty());
  Stream& stream = bench.stream();
  REQUIRE(stream.take_recalled(
      sse::encode_event({.name = {}, .data = "old", .id = "60-0"})));
  CHECK(stream.on_recalled(bench.context.hub.history().first()));
  CHECK(client.read_data() == std::vector<std::string>{"old", "held"});
  CHECK(bench.context.metrics.events_sent == 2);
  CHECK(stream.status().events_sent == 2);
}

TEST_CASE("a heartbeat that is due does not come between the two") {
  RecallBench bench;
  StreamClient client(bench, "/stream/ana", test::kSeenLongAgo);
  bench.context.hub.publish_as({101, 0}, {}, {.name = {}, .data = "held"});
  Stream& stream = bench.stream();
  REQUIRE(stream.take_recalled(
      sse::encode_event({.name = {}, .data = "old", .id = "60-0"})));
  CHECK(stream.on_recalled(bench.context.hub.history().first()));
  bench.context.deadlines.run_due(bench.context.reactor.now() +
                                  bench.settings.heartbeat);
  CHECK(client.read_data() == std::vector<std::string>{"old", "held"});
}

TEST_CASE("a stream that waits for Redis is not up to date") {
  RecallBench bench;
  const StreamClient client(bench, "/stream/ana", test::kSeenLongAgo);
  bench.work();
  bench.context.hub.publish_as({101, 0}, {}, {.name = {}, .data = "held"});
  const hub::Subscriber::Status status = bench.stream().status();
  CHECK(status.catching_up);
  CHECK(status.last_sent == 0);
}

TEST_CASE("a stream that is to wait for Redis does, or ends without memory") {
  test::at_each_allocation([](test::Fault& fault) {
    test::Recalling<test::Scarce<test::ServerBench>> bench(
        test::scarce_settings());
    {
      test::Client client(bench);
      test::offer(client, test::get("/stream/an-id-that-is-too-long-for-a-word",
                                    test::kSeenLongAgo));
      fault.during([&] { bench.work(); });
      const std::string answer = client.hear();
      CHECK((client.ended || answer.starts_with(test::kOk)));
      if (!fault.struck) CHECK_FALSE(client.ended);
      bench.check_streams(client.ended ? 0 : 1);
      const auto& ended = bench.context.metrics.streams_ended;
      const auto errors = ended[static_cast<size_t>(EndReason::kError)];
      CHECK(bench.context.metrics.streams_opened - errors ==
            (client.ended ? 0 : 1));
    }
    bench.check_all_is_back();
  });
}

}  // namespace
}  // namespace rivulet::server

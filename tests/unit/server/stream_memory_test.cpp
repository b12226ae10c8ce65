// Tests server/stream.h without memory: a stream that cannot be given an event
// ends, and nobody sees a hole in it.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "../support/out_of_memory.h"
#include "../support/stream_client.h"
#include "scarce_bench.h"
#include "server/stream.h"

namespace rivulet::server {
namespace {

using test::ServerBench;
using test::settings_with_history;
using test::StreamClient;
using Strings = std::vector<std::string>;

// One event that fits, one that is lost, and one that would fit again.
void lose_one_of_three(ServerBench& bench) {
  test::publish_to_all(bench, "a");
  {
    const test::NoMemoryForArrays full;
    test::publish_to_all(bench, "lost");
  }
  test::publish_to_all(bench, "c");
}

TEST_CASE("a stream that loses an event is ended, with no event behind it") {
  ServerBench bench(settings_with_history(100));
  StreamClient client(bench, "/stream/ana");
  client.take_all();
  lose_one_of_three(bench);
  CHECK(client.read_data().size() <= 1);
  CHECK(client.ended());
  CHECK_FALSE(client.finished());
  CHECK(bench.context.hub.subscriber_count() == 0);
  CHECK(bench.ended(EndReason::kError) == 1);
  StreamClient again(bench, "/stream/ana", "Last-Event-ID: abc-1\r\n");
  CHECK(again.read_data() == Strings{"lost", "c"});
}

TEST_CASE("nor is there one when it is kicked in the same turn") {
  ServerBench bench(settings_with_history(100));
  StreamClient client(bench, "/stream/ana");
  client.take_all();
  lose_one_of_three(bench);
  bench.context.hub.for_each_subscriber(
      [](hub::Subscriber& subscriber) { subscriber.kick(); });
  CHECK(client.read_data().size() <= 1);
  CHECK(client.ended());
}

TEST_CASE(
    "without memory for what it opens with a stream is closed, others stay") {
  ServerBench bench(settings_with_history(100));
  StreamClient other(bench, "/stream/rui");
  other.take_all();
  {
    const test::NoMemoryForArrays full;
    StreamClient client(bench, "/stream/ana", "Last-Event-ID: gone\r\n");
    CHECK(client.read_data().empty());
    CHECK(client.ended());
  }
  CHECK(bench.context.hub.subscriber_count() == 1);
  test::publish_to_all(bench, "a");
  CHECK(other.read_data() == Strings{"a"});
}

TEST_CASE("what waits behind a full socket is counted, or its stream ends") {
  const std::string large(200'000, 'x');
  test::at_each_allocation([&](test::Fault& fault) {
    test::Scarce<ServerBench> bench(test::scarce_settings());
    {
      StreamClient client(bench, "/stream/ana", {}, 4096);
      bench.turn();
      test::publish_to_all(bench, large);
      fault.during([&] { bench.work(); });
      const bool open = bench.context.hub.subscriber_count() == 1;
      CHECK(open == !fault.struck);
      const size_t counted = bench.context.held_memory.bytes();
      CHECK((open ? counted > large.size() / 2 : counted == 0));
    }
    bench.check_all_is_back();
  });
}

}  // namespace
}  // namespace rivulet::server

// Tests server/expiries.h with real streams: who ends, when, and how.
#include "server/expiries.h"

#include <doctest/doctest.h>

#include <list>
#include <string>

#include "../support/web_token.h"
#include "os/process.h"
#include "scarce_bench.h"
#include "server/stream.h"

namespace rivulet::server {
namespace {

using std::chrono::seconds;
using test::at_each_allocation;
using test::Client;
using test::Fault;
using test::kKey;
using test::ServerBench;

constexpr int64_t kFarAway = 4'000'000'000;  // after 2090

base::WallSeconds at(int64_t after) {
  return base::WallSeconds(seconds(kFarAway + after));
}

Settings with_key() {
  Settings settings = test::scarce_settings();
  settings.subscribe_keys = {kKey};
  return settings;
}

// A stream of ana's whose token expires so many seconds after kFarAway.
std::string get_until(int64_t after) {
  return test::get("/stream/ana?token=" +
                   test::web_token(R"({"sub":"ana","exp":)" +
                                   std::to_string(kFarAway + after) + "}"));
}

struct Holder : Client {
  Holder(ServerBench& bench_, int64_t after) : Client(bench_) {
    REQUIRE(ask(get_until(after)).starts_with(test::kOk));
  }
};

TEST_CASE("a stream ends when its token expires, and is told so") {
  ServerBench bench(with_key());
  Expiries& expiries = bench.context.expiries;
  CHECK(expiries.nobody_waits());
  Holder ana(bench, 0);
  CHECK_FALSE(expiries.nobody_waits());
  expiries.run_due(at(-1));
  CHECK(ana.hear().empty());
  expiries.run_due(at(0));
  CHECK(expiries.nobody_waits());
  CHECK(ana.hear() ==
        "18\r\n: the token has expired\n\r\n"
        "0\r\n\r\n");
  CHECK(ana.ended);
  CHECK(bench.context.hub.subscriber_count() == 0);
  CHECK(bench.ended(EndReason::kExpired) == 1);
}

TEST_CASE("a stream without a token is in nobody's way") {
  ServerBench bench;
  const test::Reader ana(bench, "ana");
  CHECK(bench.context.expiries.nobody_waits());
  CHECK(bench.context.expiries.next(bench.context.reactor.now(), at(0)) ==
        std::nullopt);
}

TEST_CASE("one that has ended before is not waited for") {
  ServerBench bench(with_key());
  Expiries& expiries = bench.context.expiries;
  {
    const Holder gone(bench, 0);
    Holder kicked(bench, 0);
    bench.context.hub.for_each_subscriber(
        "ana", [](hub::Subscriber& subscriber) { subscriber.kick(); });
    kicked.hear();
  }
  bench.work();
  CHECK(expiries.nobody_waits());
  expiries.run_due(at(1));
  CHECK(bench.ended(EndReason::kExpired) == 0);
}

TEST_CASE("each ends at its own time, whichever came first") {
  ServerBench bench(with_key());
  Holder late(bench, 20);
  Holder soon(bench, 5);
  Holder middle(bench, 10);
  Expiries& expiries = bench.context.expiries;
  expiries.run_due(at(5));
  late.hear(), soon.hear(), middle.hear();
  CHECK(soon.ended);
  CHECK_FALSE((late.ended || middle.ended));
  expiries.run_due(at(15));
  late.hear(), middle.hear();
  CHECK(middle.ended);
  CHECK_FALSE(late.ended);
}

TEST_CASE("the loop is to look again at the next one's time, or in a minute") {
  ServerBench bench(with_key());
  const Holder late(bench, 1'000);
  const Holder soon(bench, 500);
  const Expiries& expiries = bench.context.expiries;
  const base::Time now = bench.context.reactor.now();
  CHECK(expiries.next(now, at(490)) == now + seconds(10));
  CHECK(expiries.next(now, at(500)) == now);
  CHECK(expiries.next(now, at(9'999)) == now);
  CHECK(expiries.next(now, at(0)) == now + seconds(60));
}

TEST_CASE("a clock that is set back gives a token its time again") {
  ServerBench bench(with_key());
  Holder ana(bench, 10);
  bench.context.expiries.run_due(at(9));
  bench.context.expiries.run_due(at(-3'600));
  bench.context.expiries.run_due(at(9));
  ana.hear();
  CHECK_FALSE(ana.ended);
  bench.context.expiries.run_due(at(36'000));  // and forward
  ana.hear();
  CHECK(ana.ended);
}

TEST_CASE("a crowd that expires at once is ended a share at a time") {
  constexpr size_t kCrowd = 1'500;
  os::raise_descriptor_limit();
  Settings settings = with_key();
  settings.max_streams_per_address = 0;
  ServerBench bench(settings);
  std::list<Holder> crowd;
  for (size_t n = 0; n < kCrowd; ++n) crowd.emplace_back(bench, 0);
  Expiries& expiries = bench.context.expiries;
  expiries.run_due(at(0));
  CHECK(bench.ended(EndReason::kExpired) > 0);
  CHECK(bench.ended(EndReason::kExpired) < kCrowd);
  const base::Time now = bench.context.reactor.now();
  CHECK(expiries.next(now, at(0)) == now);
  expiries.run_due(at(0));
  CHECK(bench.ended(EndReason::kExpired) == kCrowd);
}

TEST_CASE("one whose socket is full ends too") {
  ServerBench bench(with_key());
  Holder stuck(bench, 0);
  (void)test::fill_sockets(bench);
  bench.context.expiries.run_due(at(0));
  CHECK(bench.context.hub.subscriber_count() == 0);
  CHECK(bench.ended(EndReason::kExpired) == 1);
  while (!stuck.hear().empty()) {
  }
  CHECK(stuck.ended);
}

TEST_CASE("without memory a stream with a token opens whole or not at all") {
  const std::string request = get_until(0);
  at_each_allocation([&](Fault& fault) {
    test::Scarce<ServerBench> bench(with_key());
    {
      Client client(bench);
      test::offer(client, request);
      fault.during([&] { bench.work(); });
      const std::string heard = client.hear();
      CHECK((client.ended || heard.starts_with(test::kOk)));
      if (!fault.struck) CHECK_FALSE(client.ended);
      bench.check_streams(client.ended ? 0 : 1);
      CHECK(bench.context.expiries.nobody_waits() == client.ended);
    }
    bench.check_all_is_back();
    CHECK(bench.context.expiries.nobody_waits());
  });
}

TEST_CASE("without memory for its end a stream ends without a word") {
  at_each_allocation([&](Fault& fault) {
    test::Scarce<ServerBench> bench(with_key());
    {
      Holder ana(bench, 0);
      fault.during([&] {
        bench.context.expiries.run_due(at(0));
        bench.work();
      });
      ana.hear();
      CHECK(ana.ended);
      bench.check_streams(0);
    }
    bench.check_all_is_back();
  });
}

}  // namespace
}  // namespace rivulet::server

// Tests Context::reload() (server/context.h): that every piece goes by the new
// settings, that those who are connected stay, and that it is all or nothing.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "../support/out_of_memory.h"
#include "../support/stream_client.h"
#include "router_support.h"
#include "server/stream.h"

namespace rivulet::server {
namespace {

using test::Client;
using test::Reader;
using test::ServerBench;

constexpr std::string_view kOldToken = "old-token-0123456";
constexpr std::string_view kNewToken = "new-token-0123456";

Settings with_token(std::string_view token) {
  Settings settings = test::default_settings();
  settings.publish_tokens = {std::string(token)};
  return settings;
}

int publish_status(ServerBench& bench, std::string_view token) {
  const std::string field =
      "Authorization: Bearer " + std::string(token) + "\r\n";
  return static_cast<int>(
      test::response(bench, "/publish/status/x", "GET", field).status);
}

TEST_CASE("tokens are those of the last reload") {
  ServerBench bench(with_token(kOldToken));
  bench.context.reload(with_token(kNewToken));
  CHECK(publish_status(bench, kOldToken) == 401);
  CHECK(publish_status(bench, kNewToken) == 200);
  bench.context.reload(test::default_settings());
  CHECK(test::status(bench, "/publish/status/x") == 200);
}

TEST_CASE("what may be read, published and how much is what is set now") {
  ServerBench bench;
  Settings wanted = test::default_settings();
  wanted.allow_origins = {"https://a.example"};
  wanted.max_event_bytes = 3;
  bench.context.reload(wanted);
  constexpr std::string_view kPage = "Origin: https://a.example\r\n";
  CHECK(test::has_field(test::response(bench, "/clients", "GET", kPage),
                        "Access-Control-Allow-Origin: https://a.example"));
  CHECK(test::response(bench, "/publish/status/abc", "GET", kPage).status ==
        http::Status::kOk);
  CHECK(test::status(bench, "/publish/status/abcd") == 413);
}

TEST_CASE("a stream opens with the time to come back that is set now") {
  ServerBench bench;
  Settings wanted = test::default_settings();
  wanted.retry = base::Duration(0);
  bench.context.reload(wanted);
  Client client(bench);
  CHECK(client.ask("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n")
            .find("\r\nretry: 0\n") != std::string::npos);
}

TEST_CASE("those who wait already wait as long as is set now") {
  ServerBench bench;
  Reader reader(bench, "ana");
  Client idle(bench);
  const Deadlines& deadlines = bench.context.deadlines;
  const base::Time now = bench.context.reactor.now();
  Settings wanted = test::default_settings();
  wanted.heartbeat = base::Duration(400);
  wanted.header_timeout = base::Duration(200);
  bench.context.reload(wanted);
  CHECK(*deadlines.heartbeat.next() <= now + wanted.heartbeat);
  CHECK(*deadlines.request.next() <= now + wanted.header_timeout);
  wanted.heartbeat = wanted.header_timeout = base::Duration(60'000);
  bench.context.reload(wanted);
  CHECK(*deadlines.heartbeat.next() > now + base::Duration(10'000));
  CHECK(*deadlines.request.next() > now + base::Duration(50'000));
  CHECK(reader.hear().empty());
  CHECK_FALSE(idle.ended);
}

TEST_CASE("a smaller memory-limit is what is too much from now on") {
  ServerBench bench;
  bench.context.held_memory.change(0, 1'000);
  CHECK_FALSE(bench.context.held_memory.over_limit());
  Settings wanted = test::default_settings();
  wanted.memory_limit = 999;
  bench.context.reload(wanted);
  CHECK(bench.context.held_memory.over_limit());
  bench.context.held_memory.change(1'000, 0);
}

// Whether one more stream of the bench's peer would be one too many.
bool full(const ServerBench& bench) {
  return bench.context.admission.refusal("one-more", ServerBench::kPeer)
      .has_value();
}

Settings with_limit_per_address(size_t limit) {
  Settings settings = test::default_settings();
  settings.max_streams_per_address = limit;
  return settings;
}

TEST_CASE(
    "streams that opened while addresses had no limit count for a new one") {
  ServerBench bench;
  {
    Reader first(bench, "ana");
    bench.context.reload(with_limit_per_address(2));
    CHECK_FALSE(full(bench));
    Reader second(bench, "ana");
    CHECK(full(bench));
    bench.context.reload(with_limit_per_address(3));
    CHECK_FALSE(full(bench));
    bench.context.reload(with_limit_per_address(1));
    CHECK(full(bench));
  }
  bench.work();
  CHECK(bench.context.hub.subscriber_count() == 0);
  CHECK_FALSE(full(bench));
}

TEST_CASE("a limit for addresses may go and come back while streams do") {
  ServerBench bench(with_limit_per_address(2));
  Reader stays(bench, "ana");
  {
    Reader leaves(bench, "ana");
    CHECK(full(bench));
    bench.context.reload(with_limit_per_address(0));
    CHECK_FALSE(full(bench));
  }
  bench.work();
  bench.context.reload(with_limit_per_address(2));
  CHECK_FALSE(full(bench));
  bench.context.reload(with_limit_per_address(1));
  CHECK(full(bench));
  stays.pair.peer.reset();
  bench.work();
  CHECK_FALSE(full(bench));
}

TEST_CASE("the history keeps as much as is set now") {
  Settings settings = test::default_settings();
  settings.history = {.events = 3, .bytes = 1 << 20};
  ServerBench bench(settings);
  const auto publish = [&bench] {
    return bench.context.publish({}, {.name = {}, .data = "x"}).sequence;
  };
  for (int n = 0; n < 5; ++n) publish();
  const hub::History& history = bench.context.hub.history();
  CHECK(history.events() == 3);
  settings.history.events = 2;
  bench.context.reload(settings);
  CHECK(history.events() == 2);
  CHECK(history.first() == 4);
  settings.history.events = 4;
  bench.context.reload(settings);
  publish();
  CHECK(history.events() == 3);
  settings.history.bytes = 0;
  bench.context.reload(settings);
  CHECK(history.events() == 0);
  CHECK(history.bytes() == 0);
  CHECK(publish() == 7);
}

// A client that has read few of the 2,000 events that it comes back for.
struct FarBehind {
  // The names of what it gets when it reads.
  std::vector<std::string> names() {
    std::vector<std::string> all;
    client.take_all();
    for (const test::GotEvent& event : client.events()) {
      all.push_back(event.name);
    }
    return all;
  }

  void keep_events(size_t count) {
    bench.context.reload(test::settings_with_history(count));
  }

  static uint64_t publish_many(ServerBench& bench) {
    uint64_t newest = 0;
    while (newest < 2'000) {
      newest = bench.context.publish({}, {.name = {}, .data = "x"}).sequence;
    }
    return newest;
  }

  ServerBench bench{test::settings_with_history(2'000)};
  const uint64_t newest = publish_many(bench);
  test::StreamClient client{bench, "/stream/ana", "Last-Event-ID: abc-0\r\n",
                            4'096};
  bool stalled() const {
    return bench.context.deadlines.stalled.next().has_value();
  }
};

TEST_CASE("who catches up is told of what a smaller history gave up") {
  FarBehind far;
  REQUIRE_FALSE(far.stalled());
  far.keep_events(10);
  const auto names = far.names();
  REQUIRE(names.size() < 1'000);
  CHECK(names[names.size() - 11] == "gap");
  CHECK(std::ranges::count(names, "gap") == 1);
}

TEST_CASE("who catches up goes on live when no history is kept") {
  FarBehind far;
  REQUIRE_FALSE(far.stalled());
  far.keep_events(0);
  CHECK(far.names().back() == "gap");
  far.bench.context.publish({}, {.name = {}, .data = "y"});
  CHECK(far.client.read_data().back() == "y");
  CHECK(far.client.events().back().id == "");
}

TEST_CASE("who does not read is ended for what a smaller history gave up") {
  FarBehind far;
  while (!far.stalled()) far.bench.work();
  far.keep_events(10);
  far.bench.context.publish({}, {.name = {}, .data = "y"});
  far.bench.work();
  CHECK(far.bench.context.hub.subscriber_count() == 0);
}

TEST_CASE("without a history ids end, and with one they go on") {
  Settings settings = test::default_settings();
  ServerBench bench(settings);
  CHECK(bench.context.hub.id_text(1) == "");
  settings.history = {.events = 3, .bytes = 1 << 20};
  bench.context.reload(settings);
  CHECK(bench.context.hub.id_text(1) == "0-1");
  bench.context.reload(test::default_settings());
  CHECK(bench.context.hub.id_text(1) == "");
}

TEST_CASE("what is fixed at start stays, whatever is asked for") {
  Settings settings = test::default_settings();
  settings.listen = {"127.0.0.1:1"};
  settings.admin_listen = {"127.0.0.1:2"};
  settings.socket_mode = 0600;
  settings.reuse_port = true;
  settings.epoch = 7;
  settings.version = "1";
  settings.seed = 9;
  settings.hash_key = {1, 2};
  ServerBench bench(settings);
  bench.context.reload(Settings());
  const Settings& now = bench.context.settings;
  CHECK(now.listen == settings.listen);
  CHECK(now.admin_listen == settings.admin_listen);
  CHECK(now.socket_mode == settings.socket_mode);
  CHECK(now.reuse_port == settings.reuse_port);
  CHECK(now.epoch == settings.epoch);
  CHECK(now.version == settings.version);
  CHECK(now.seed == settings.seed);
  CHECK(now.hash_key.first == settings.hash_key.first);
  CHECK(now.hash_key.second == settings.hash_key.second);
  CHECK(now.deliveries_a_turn == settings.deliveries_a_turn);
  CHECK(now.retry == base::Duration(0));
}

TEST_CASE("without memory for all of it nothing changes") {
  test::at_each_allocation([](test::Fault& fault) {
    ServerBench bench(with_token(kOldToken));
    Reader reader(bench, "ana");
    Settings wanted = with_token(kNewToken);
    wanted.max_streams_per_address = 1;
    wanted.retry = base::Duration(1);
    wanted.heartbeat = base::Duration(1'000);
    bool taken = true;
    fault.during([&] {
      try {
        bench.context.reload(wanted);
      } catch (const std::bad_alloc&) {
        taken = false;
      }
    });
    CHECK(taken != fault.struck);
    CHECK(publish_status(bench, kNewToken) == (taken ? 200 : 401));
    CHECK(publish_status(bench, kOldToken) == (taken ? 401 : 200));
    CHECK(full(bench) == taken);
    CHECK(bench.context.settings.retry ==
          (taken ? wanted.retry : base::Duration(3'000)));
    const base::Time soon = bench.context.reactor.now() + base::Duration(1'000);
    CHECK((*bench.context.deadlines.heartbeat.next() < soon) == taken);
  });
}

}  // namespace
}  // namespace rivulet::server

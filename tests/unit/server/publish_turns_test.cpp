// Tests server/publish_turns.h, alone and with the connections that wait in it.
#include "server/publish_turns.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../support/receiver.h"
#include "../support/server_bench.h"
#include "server/drain.h"

namespace rivulet::server {
namespace {

using test::Client;
using test::ServerBench;

constexpr size_t kLimit = 40;

Settings tight_settings(size_t ahead = 1'000'000) {
  Settings settings = test::default_settings();
  settings.deliveries_a_turn = kLimit;
  settings.deliveries_ahead = ahead;
  return settings;
}

std::string post(std::string_view data) {
  return "POST /publish HTTP/1.1\r\nHost: h\r\nContent-Length: " +
         std::to_string(data.size()) + "\r\n\r\n" + std::string(data);
}

std::string get(std::string_view status) {
  return "GET /publish/status/" + std::string(status) +
         " HTTP/1.1\r\nHost: h\r\n\r\n";
}

const std::string kProbe = "GET /livez HTTP/1.1\r\nHost: h\r\n\r\n";

// Publishes more than one turn may.
const std::string kTooMuch = post("1") + post("2") + post("3") + post("4") +
                             post("5") + post("6") + post("7");

// One listener, and publishers with a connection each.
struct Square {
  explicit Square(Settings settings) : bench(std::move(settings)) {
    bench.context.hub.subscribe(listener, "");
  }
  Square(const Square&) = delete;
  Square& operator=(const Square&) = delete;
  ~Square() { listener.leave(bench.context.hub); }

  Client& newcomer() {
    clients.push_back(std::make_unique<Client>(bench));
    return *clients.back();
  }
  Client& send(std::string_view bytes) {
    Client& client = newcomer();
    test::send_all(client.pair.peer.get(), bytes);
    return client;
  }
  [[nodiscard]] std::string heard() const {
    std::string all;
    for (const sse::FrameRef& frame : listener.frames) {
      const std::string_view plain = frame->plain();
      const size_t at = plain.find("data: ");
      all += plain.substr(at + 6, 1);
    }
    return all;
  }

  ServerBench bench;
  test::Receiver listener;
  std::vector<std::unique_ptr<Client>> clients;
};

TEST_CASE("a turn is spent past its limit, and the next one is not") {
  PublishTurns turns(10, 1'000);
  turns.charge(9);
  CHECK_FALSE(turns.spent());
  turns.charge(1);
  CHECK_FALSE(turns.spent());
  turns.charge(1);
  CHECK(turns.spent());
  turns.begin(false);
  CHECK_FALSE(turns.spent());
}

TEST_CASE("what is ahead of the writing is spent until all has been written") {
  PublishTurns turns(10, 30);
  for (int n = 0; n < 3; ++n) {
    turns.charge(10);
    CHECK_FALSE(turns.spent());
    turns.begin(false);
  }
  turns.charge(1);
  CHECK(turns.spent());
  turns.begin(false);
  CHECK(turns.spent());
  turns.begin(true);
  CHECK_FALSE(turns.spent());
}

TEST_CASE("publishes beyond a turn wait, those of many connections too") {
  for (const auto request : {post, get}) {
    Square square(tight_settings());
    for (const char* name : {"1", "2", "3", "4", "5", "6", "7", "8", "9"}) {
      square.send(request(name));
    }
    Client& prober = square.send(kProbe);
    square.bench.turn();
    CHECK(square.heard() == "12345");
    CHECK(square.bench.context.publish_turns.anyone_waits());
    square.bench.turn();
    CHECK(square.heard() == "123456789");
    CHECK(prober.hear().ends_with("\r\n\r\nok"));
    for (size_t n = 0; n < 9; ++n) {
      CHECK(square.clients[n]->hear().starts_with("HTTP/1.1 200 "));
    }
    CHECK(square.bench.context.held_memory.bytes() == 0);
  }
}

TEST_CASE("who has published waits behind who has not") {
  Square square(tight_settings());
  square.send(kTooMuch);
  square.send(post("a") + post("b"));
  square.bench.turn();
  CHECK(square.heard() == "12345");
  for (int n = 0; n < 3; ++n) square.bench.turn();
  CHECK(square.heard().find('b') < square.heard().find('7'));
  CHECK(square.heard().size() == 9);
}

TEST_CASE("a pipeline that waits is answered in order, and read no further") {
  Square square(tight_settings());
  Client& client = square.send(kTooMuch + kProbe);
  square.bench.turn();
  CHECK(square.heard() == "12345");
  test::send_all(client.pair.peer.get(), post("8"));
  std::string answers;
  for (int n = 0; n < 3; ++n) answers += client.hear();
  CHECK(square.heard() == "12345678");
  const size_t probe = answers.find("\r\n\r\nok");
  CHECK(answers.find(R"("receivers":1})", probe) != std::string::npos);
  CHECK_FALSE(client.ended);
}

TEST_CASE("publishers wait while streams have much to write") {
  constexpr size_t kAhead = 20;
  Square square(tight_settings(kAhead));
  square.bench.context.publish_turns.charge(kAhead + 1);
  // A handler that always has something to write stands for many streams.
  struct Busy final : os::EventHandler {
    explicit Busy(os::Reactor& its_reactor) : reactor(its_reactor) {}
    void on_readable() override {}
    void on_writable() override {}
    void on_flush() override { reactor.flush_later(*this); }
    void on_no_memory() override {}
    os::Reactor& reactor;
  };
  test::SocketPair pair;
  auto owned = std::make_unique<Busy>(square.bench.context.reactor);
  Busy& busy = *owned;
  REQUIRE(
      square.bench.context.reactor.watch(pair.ours.get(), std::move(owned)));
  square.bench.context.reactor.flush_later(busy);
  Client& client = square.send(post("1"));
  for (int n = 0; n < 5; ++n) square.bench.turn();
  CHECK(square.heard().empty());
  square.bench.context.reactor.retire(busy);
  CHECK(client.hear().starts_with("HTTP/1.1 200 "));
  CHECK(square.heard() == "1");
}

TEST_CASE("who is gone when its turn comes publishes what had to wait") {
  Square square(tight_settings());
  square.send(kTooMuch).pair.peer.reset();
  for (int n = 0; n < 6; ++n) square.bench.turn();
  CHECK(square.heard() == "123456");
  CHECK(square.bench.context.reactor.watched() == 0);
}

// Some streams have ended by then, and would miss it.
TEST_CASE("a publish that waits at shutdown is refused") {
  for (const auto request : {post, get}) {
    Square square(tight_settings());
    std::string pipeline;
    for (const char* name : {"1", "2", "3", "4", "5", "6", "7"}) {
      pipeline += request(name);
    }
    Client& client = square.send(pipeline);
    square.bench.turn();
    Drain drain(square.bench.context);
    drain.start();
    const std::string answers = client.hear();
    CHECK(square.heard() == "12345");
    CHECK(answers.find("HTTP/1.1 503 ") != std::string::npos);
    CHECK(client.ended);
  }
}

// epoll would tell of it without end.
TEST_CASE("who hangs up while all are held is not waited for") {
  ServerBench bench;
  bench.context.publish_turns.hold(true);
  Client client(bench);
  CHECK(client.ask(post("x")).empty());
  REQUIRE(bench.context.publish_turns.anyone_waits());
  client.pair.peer.reset();
  bench.work();
  CHECK(bench.context.reactor.watched() == 0);
  CHECK_FALSE(bench.context.publish_turns.anyone_waits());
}

}  // namespace
}  // namespace rivulet::server

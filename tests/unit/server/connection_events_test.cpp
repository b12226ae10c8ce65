// Tests server/connection.h with event streams that are published as they come
// in, however long they take.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "../support/receiver.h"
#include "../support/stream_client.h"
#include "server/drain.h"

namespace rivulet::server {
namespace {

using test::Client;
using test::ServerBench;
using test::settings_with_history;
using Strings = std::vector<std::string>;

const std::string kProbe = "GET /livez HTTP/1.1\r\nHost: h\r\n\r\n";

std::string chunk(const std::string& data) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string size;
  for (size_t left = data.size(); left > 0; left /= 16) {
    size.insert(0, 1, kDigits[left % 16]);
  }
  return size + "\r\n" + data + "\r\n";
}

const std::string kLastChunk = "0\r\n\r\n";

std::string head(std::string_view target = "/publish") {
  return "POST " + std::string(target) +
         " HTTP/1.1\r\nHost: h\r\nContent-Type: text/event-stream\r\n"
         "Transfer-Encoding: chunked\r\n\r\n";
}

std::string with_length(std::string_view body) {
  return "POST /publish HTTP/1.1\r\nHost: h\r\n"
         "Content-Type: text/event-stream\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

std::string events(int from, int to) {
  std::string text;
  for (int n = from; n <= to; ++n) {
    text += "data: " + std::to_string(n) + "\n\n";
  }
  return text;
}

Strings numbers(int from, int to) {
  Strings all;
  for (int n = from; n <= to; ++n) all.push_back(std::to_string(n));
  return all;
}

TEST_CASE("events of a stream arrive at once, while it stays open") {
  ServerBench bench(settings_with_history(100));
  test::StreamClient reader(bench, "/stream/ana");
  Client client(bench);
  CHECK(client.ask(head()).empty());
  for (int n = 1; n <= 20; ++n) {
    CHECK(client.ask(chunk(events(n, n))).empty());
    CHECK(reader.read_data() == numbers(1, n));
  }
  const std::string answer = client.ask(kLastChunk);
  CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(answer.ends_with(R"({"events":20,"id":"abc-20","receivers":20})"));
  CHECK(client.ask(kProbe).ends_with("\r\n\r\nok"));
}

TEST_CASE("chunks and events have nothing to do with each other") {
  ServerBench bench(settings_with_history(100));
  test::StreamClient reader(bench, "/stream/ana");
  Client client(bench);
  std::string request = head();
  for (const char c : events(1, 3)) request += chunk(std::string(1, c));
  CHECK(client.ask(request + kLastChunk + kProbe).ends_with("\r\n\r\nok"));
  CHECK(reader.read_data() == numbers(1, 3));
}

TEST_CASE("a stream of events may have a length, larger than any event") {
  auto settings = settings_with_history(1'000);
  settings.max_event_bytes = 10;
  settings.request.body_bytes = 10;
  ServerBench bench(settings);
  test::StreamClient reader(bench, "/stream/ana");
  Client client(bench);
  const std::string answer = client.ask(with_length(events(1, 500)));
  CHECK(answer.find(R"({"events":500,)") != std::string::npos);
  CHECK(reader.read_data() == numbers(1, 500));
}

TEST_CASE("an event at fault is answered at once and closes") {
  ServerBench bench(settings_with_history(100));
  Client client(bench);
  CHECK(client.ask(head() + chunk(events(1, 2))).empty());
  const std::string answer =
      client.ask(chunk("data: \xFF\n\ndata: 3\n\n") + kLastChunk + kProbe);
  CHECK(answer.starts_with("HTTP/1.1 400 "));
  CHECK(answer.find("Connection: close\r\n") != std::string::npos);
  CHECK(answer.ends_with("published before it: 2\n"));
  CHECK(client.ended);
  CHECK(bench.context.hub.history().next() == 3);
}

TEST_CASE("broken chunks are refused after the events before them") {
  ServerBench bench(settings_with_history(100));
  Client client(bench);
  CHECK(client.ask(head() + chunk(events(1, 2)) + "x\r\n")
            .starts_with("HTTP/1.1 400 "));
  CHECK(client.ended);
  CHECK(bench.context.hub.history().next() == 3);
}

TEST_CASE("a publisher that ends half-way has published what was whole") {
  ServerBench bench(settings_with_history(100));
  test::StreamClient reader(bench, "/stream/ana");
  Client client(bench);
  client.ask(head() + chunk(events(1, 2) + "data: 3\n"));
  ::shutdown(client.pair.peer.get(), SHUT_WR);
  CHECK(client.hear().empty());
  CHECK(client.ended);
  CHECK(reader.read_data() == numbers(1, 2));
  CHECK(bench.context.deadlines.publishing.next() == std::nullopt);
  CHECK(bench.context.reactor.watched() == 1);
}

TEST_CASE("a publisher may be silent for hours") {
  ServerBench bench(settings_with_history(100));
  test::StreamClient reader(bench, "/stream/ana");
  Client client(bench);
  const base::Time before = bench.context.reactor.now();
  client.ask(head() + chunk("data: "));
  const base::Time now = bench.context.reactor.now();
  CHECK(bench.context.deadlines.request.next() == std::nullopt);
  CHECK(*bench.context.deadlines.in_event.next() >= before + kPublisherSilence);
  CHECK(*bench.context.deadlines.in_event.next() <= now + kPublisherSilence);
  client.ask(chunk("1\n\n"));
  CHECK(bench.context.deadlines.in_event.next() == std::nullopt);
  CHECK(*bench.context.deadlines.publishing.next() >= now + kPublisherSilence);
  CHECK(reader.read_data() == numbers(1, 1));
}

TEST_CASE("one that is silent between events is evicted last") {
  ServerBench bench(settings_with_history(100));
  Client silent(bench);
  silent.ask(head() + chunk(events(1, 1)));
  Client half_way(bench);
  half_way.ask(head() + chunk("data: 2"));
  Client asking(bench);
  asking.ask("GET /livez");
  auto& deadlines = bench.context.deadlines;
  CHECK(deadlines.evict_longest_waiting());
  CHECK(deadlines.evict_longest_waiting());
  half_way.hear();
  asking.hear();
  CHECK(half_way.ended);
  CHECK(asking.ended);
  silent.hear();
  CHECK_FALSE(silent.ended);
  CHECK(deadlines.evict_longest_waiting());
  silent.hear();
  CHECK(silent.ended);
  CHECK_FALSE(deadlines.evict_longest_waiting());
}

TEST_CASE("a publisher whose silence is over is told so") {
  ServerBench bench(settings_with_history(100));
  Client client(bench);
  client.ask(head() + chunk(events(1, 1)));
  bench.context.deadlines.run_due(bench.context.reactor.now() +
                                  kPublisherSilence);
  CHECK(client.hear().starts_with("HTTP/1.1 408 "));
  CHECK(client.ended);
}

TEST_CASE("a publisher that has ended is an idle connection like others") {
  ServerBench bench(settings_with_history(100));
  Client client(bench);
  client.ask(head() + chunk(events(1, 1)) + kLastChunk);
  CHECK(bench.context.deadlines.publishing.next() == std::nullopt);
  CHECK(bench.context.deadlines.keep_alive.next().has_value());
  CHECK(bench.context.held_memory.bytes() == 0);
}

TEST_CASE("at a drain publishers are told to come back") {
  ServerBench bench(settings_with_history(100));
  Client client(bench);
  client.ask(head() + chunk(events(1, 2)));
  Drain drain(bench.context);
  drain.start();
  const std::string answer = client.hear();
  CHECK(answer.starts_with("HTTP/1.1 503 "));
  CHECK(answer.find("Retry-After: 5\r\n") != std::string::npos);
  CHECK(client.ended);
}

// Enough listeners that a turn's deliveries are over before `kMany` events.
struct Crowd {
  static constexpr int kListeners = 100;
  static constexpr int kMany = 1'200;

  explicit Crowd(ServerBench& the_bench) : bench(the_bench) {
    for (int n = 0; n < kListeners; ++n) {
      listeners.push_back(std::make_unique<test::Receiver>());
      bench.context.hub.subscribe(*listeners.back(), "");
    }
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;
  ~Crowd() {
    for (const auto& listener : listeners) listener->leave(bench.context.hub);
  }
  [[nodiscard]] size_t heard() const { return listeners[0]->frames.size(); }

  ServerBench& bench;
  std::vector<std::unique_ptr<test::Receiver>> listeners;
};

TEST_CASE("a large fan-out is spread over turns, and lets others in between") {
  ServerBench bench(settings_with_history(10'000));
  const Crowd crowd(bench);
  Client publisher(bench);
  Client prober(bench);
  test::send_all(publisher.pair.peer.get(),
                 with_length(events(1, Crowd::kMany)) + kProbe);
  test::send_all(prober.pair.peer.get(), kProbe);
  bench.turn();
  bench.turn();
  CHECK(crowd.heard() > 400);
  CHECK(crowd.heard() < Crowd::kMany);
  CHECK(test::receive(prober.pair.peer.get()).ends_with("\r\n\r\nok"));
  std::string heard;
  for (int n = 0; n < 10; ++n) heard += publisher.hear();
  CHECK(crowd.heard() == Crowd::kMany);
  CHECK(heard.find(R"("events":1200,"id":"abc-1200","receivers":120000)") !=
        std::string::npos);
  CHECK(heard.ends_with("\r\n\r\nok"));
  CHECK(bench.context.held_memory.bytes() == 0);
}

TEST_CASE("what waits for a turn is published though its publisher is gone") {
  ServerBench bench(settings_with_history(10'000));
  const Crowd crowd(bench);
  Client publisher(bench);
  test::send_all(publisher.pair.peer.get(),
                 with_length(events(1, Crowd::kMany)));
  bench.turn();
  publisher.pair.peer.reset();
  for (int n = 0; n < 5; ++n) bench.work();
  CHECK(crowd.heard() == Crowd::kMany);
  CHECK(bench.context.reactor.watched() == 0);
}

TEST_CASE("many small publishes of one pipeline are spread over turns too") {
  ServerBench bench(settings_with_history(10'000));
  const Crowd crowd(bench);
  Client publisher(bench);
  std::string pipeline;
  for (int n = 0; n < Crowd::kMany; ++n) {
    pipeline += "POST /publish HTTP/1.1\r\nHost: h\r\n\r\n";
  }
  test::send_all(publisher.pair.peer.get(), pipeline);
  bench.turn();
  bench.turn();
  CHECK(crowd.heard() < Crowd::kMany);
  std::string heard;
  for (int n = 0; n < 20; ++n) heard += publisher.hear();
  CHECK(crowd.heard() == Crowd::kMany);
  CHECK(heard.ends_with(R"({"id":"abc-1200","receivers":100})"));
}

TEST_CASE("a fan-out that waits is dropped at a drain, and that is told") {
  ServerBench bench(settings_with_history(10'000));
  const Crowd crowd(bench);
  Client publisher(bench);
  test::send_all(publisher.pair.peer.get(),
                 with_length(events(1, Crowd::kMany)));
  bench.turn();
  bench.turn();
  const size_t heard = crowd.heard();
  Drain drain(bench.context);
  drain.start();
  const std::string answer = publisher.hear();
  CHECK(answer.starts_with("HTTP/1.1 503 "));
  CHECK(answer.find("so far: " + std::to_string(heard)) != std::string::npos);
  CHECK(publisher.ended);
  CHECK(crowd.heard() == heard);
}

}  // namespace
}  // namespace rivulet::server

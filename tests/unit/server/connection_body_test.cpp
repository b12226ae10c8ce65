// Tests server/connection.h with requests whose body is published: over real
// sockets, in whatever pieces. One event each; event streams have
// connection_events_test.cpp.
#include <doctest/doctest.h>

#include <string>

#include "../support/stream_client.h"
#include "server/drain.h"

namespace rivulet::server {
namespace {

using test::Client;
using test::ServerBench;
using test::settings_with_history;

const std::string kProbe = "GET /livez HTTP/1.1\r\nHost: h\r\n\r\n";

std::string post(std::string_view body, std::string_view target = "/publish",
                 std::string_view fields = {}) {
  return "POST " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n" +
         std::string(fields) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

std::string chunked(std::string_view body, std::string_view fields = {}) {
  std::string text =
      "POST /publish HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n" +
      std::string(fields) + "\r\n";
  for (const char c : body) text += std::string("1\r\n") + c + "\r\n";
  return text + "0\r\n\r\n";
}

size_t count(std::string_view text, std::string_view word) {
  size_t times = 0;
  for (size_t at = 0; (at = text.find(word, at)) != std::string_view::npos;
       ++at) {
    ++times;
  }
  return times;
}

uint64_t published(const ServerBench& bench) {
  return bench.context.hub.history().next() - 1;
}

TEST_CASE("a body with a length is published and answered") {
  ServerBench bench(settings_with_history(100));
  test::StreamClient reader(bench, "/stream/ana");
  Client client(bench);
  const std::string answer = client.ask(post("hello"));
  CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(answer.find("Content-Type: application/json\r\n") != std::string::npos);
  CHECK(answer.ends_with("\r\n\r\n{\"id\":\"abc-1\",\"receivers\":1}"));
  CHECK(reader.read_data() == std::vector<std::string>{"hello"});
}

TEST_CASE("pages of other sites may read what became of their publish") {
  constexpr std::string_view kShared = "\r\nAccess-Control-Allow-Origin: *\r\n";
  constexpr std::string_view kEvents = "Content-Type: text/event-stream\r\n";
  ServerBench bench(settings_with_history(100));
  for (const std::string& request :
       {post("hello"), post("\xFF"), post("x", "/publish/nobody"),
        post("x", "/publish?retry=x"), post("data: a\n\n", "/publish", kEvents),
        post("data: \xFF\n\n", "/publish", kEvents)}) {
    CAPTURE(request);
    Client client(bench);
    CHECK(count(client.ask(request), kShared) == 1);
  }
}

TEST_CASE("a chunked body is published whole") {
  ServerBench bench(settings_with_history(100));
  test::StreamClient reader(bench, "/stream/ana");
  Client client(bench);
  CHECK(client.ask(chunked("hello")).starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(reader.read_data() == std::vector<std::string>{"hello"});
}

TEST_CASE("a body may come in any pieces") {
  for (const std::string& request : {post("hello"), chunked("hello")}) {
    ServerBench bench(settings_with_history(100));
    test::StreamClient reader(bench, "/stream/ana");
    Client client(bench);
    std::string answer;
    for (const char c : request) {
      CHECK(answer.empty());
      answer += client.ask(std::string(1, c));
    }
    CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(reader.read_data() == std::vector<std::string>{"hello"});
  }
}

TEST_CASE("PUT publishes as POST does") {
  ServerBench bench(settings_with_history(100));
  Client client(bench);
  std::string request = post("hello");
  request.replace(0, 4, "PUT");
  CHECK(client.ask(request).starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(published(bench) == 1);
}

TEST_CASE("a connection goes on after a publish, with the same or another") {
  ServerBench bench(settings_with_history(100));
  Client client(bench);
  for (int round = 0; round < 3; ++round) {
    CHECK(client.ask(post("a")).starts_with("HTTP/1.1 200 "));
    CHECK(client.ask(chunked("b")).starts_with("HTTP/1.1 200 "));
    CHECK(client.ask(post("")).starts_with("HTTP/1.1 200 "));
    CHECK(client.ask(kProbe).ends_with("\r\n\r\nok"));
  }
  CHECK(published(bench) == 9);
  CHECK_FALSE(client.ended);
}

TEST_CASE("publishes of a pipeline are done and answered in order") {
  ServerBench bench(settings_with_history(100));
  test::StreamClient reader(bench, "/stream/ana");
  Client client(bench);
  const std::string heard =
      client.ask(post("a") + chunked("b") + kProbe + post("c") + post("d") +
                 "GET /stream/x HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(count(heard, "HTTP/1.1 200 OK") == 6);
  const size_t first = heard.find("abc-1");
  const size_t last = heard.find("abc-4");
  CHECK(first < heard.find("abc-2"));
  CHECK(heard.find("abc-2") < heard.find("\r\n\r\nok"));
  CHECK(last < heard.find(": rivulet"));
  CHECK(reader.read_data() == std::vector<std::string>{"a", "b", "c", "d"});
}

TEST_CASE("who asks for 100 Continue is told to go on, and then answered") {
  ServerBench bench(settings_with_history(100));
  Client client(bench);
  const std::string request =
      post("hello", "/publish", "Expect: 100-continue\r\n");
  const size_t head = request.size() - 5;
  CHECK(client.ask(request.substr(0, head)) == "HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(client.ask(request.substr(head)).starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST_CASE("who may not publish hears so before the body, and it is not read") {
  ServerBench bench(settings_with_history(100));
  for (const std::string target :
       {"/publish?retry=x", "/publish/a%0Ab", "/publish/ana?topic=t",
        "/publish?topic=*", "/publish/%zz"}) {
    CAPTURE(target);
    Client client(bench);
    const std::string request =
        post("hello", target, "Expect: 100-continue\r\n");
    const std::string answer =
        client.ask(request.substr(0, request.size() - 5));
    CHECK(answer.starts_with("HTTP/1.1 400 "));
    CHECK(answer.find("Connection: close\r\n") != std::string::npos);
    CHECK(answer.find("Access-Control-Allow-Origin: *\r\n") !=
          std::string::npos);
    CHECK(client.ended);
  }
  CHECK(published(bench) == 0);
}

TEST_CASE("a refusal without a body leaves the connection open") {
  ServerBench bench(settings_with_history(100));
  Client client(bench);
  const std::string answer = client.ask(post("", "/publish?retry=x"));
  CHECK(answer.starts_with("HTTP/1.1 400 "));
  CHECK_FALSE(client.ended);
  CHECK(client.ask(kProbe).ends_with("\r\n\r\nok"));
  CHECK(client.ask(post("a")).starts_with("HTTP/1.1 200 "));
}

TEST_CASE("an event has its limit, and nothing of a larger one is published") {
  auto settings = settings_with_history(100);
  settings.max_event_bytes = 10;
  settings.request.body_bytes = 5;
  ServerBench bench(settings);
  const std::string data = "0123456789";
  for (const std::string& good :
       {post(data.substr(1)), post(data), chunked(data)}) {
    Client client(bench);
    CHECK(client.ask(good).starts_with("HTTP/1.1 200 "));
  }
  for (const std::string& bad : {post(data + "x"), chunked(data + "x")}) {
    Client client(bench);
    const std::string answer = client.ask(bad);
    CHECK(answer.starts_with("HTTP/1.1 413 "));
    CHECK(answer.find("Connection: close\r\n") != std::string::npos);
    CHECK(client.ended);
  }
  CHECK(published(bench) == 3);
}

TEST_CASE("a body where none is wanted has its own limit") {
  auto settings = settings_with_history(100);
  settings.request.body_bytes = 5;
  ServerBench bench(settings);
  Client client(bench);
  CHECK(client.ask(post("12345", "/clients")).starts_with("HTTP/1.1 405 "));
  CHECK_FALSE(client.ended);
  CHECK(client.ask(post("123456", "/clients")).starts_with("HTTP/1.1 413 "));
  CHECK(client.ended);
}

TEST_CASE("a bad event is answered and the connection goes on") {
  ServerBench bench(settings_with_history(100));
  Client client(bench);
  CHECK(client.ask(post("\xFF")).starts_with("HTTP/1.1 400 "));
  CHECK(client.ask(post("x", "/publish/nobody")).starts_with("HTTP/1.1 404 "));
  CHECK_FALSE(client.ended);
  CHECK(client.ask(post("a")).starts_with("HTTP/1.1 200 "));
  CHECK(published(bench) == 1);
}

TEST_CASE("close after a publish is close") {
  ServerBench bench(settings_with_history(100));
  Client client(bench);
  const std::string answer =
      client.ask(post("a", "/publish", "Connection: close\r\n") + post("b"));
  CHECK(answer.starts_with("HTTP/1.1 200 "));
  CHECK(client.ended);
  CHECK(published(bench) == 1);
}

TEST_CASE("a publisher that ends within its event publishes nothing") {
  ServerBench bench(settings_with_history(100));
  const std::string request = post("hello");
  Client client(bench);
  CHECK(client.ask(request.substr(0, request.size() - 1)).empty());
  ::shutdown(client.pair.peer.get(), SHUT_WR);
  CHECK(client.hear().empty());
  CHECK(client.ended);
  CHECK(published(bench) == 0);
  CHECK(bench.context.reactor.watched() == 0);
  CHECK(bench.context.held_memory.bytes() == 0);
}

TEST_CASE("a body that comes in counts as held, until it is published") {
  ServerBench bench(settings_with_history(100));
  Client client(bench);
  const std::string request = post(std::string(50'000, 'x'));
  client.ask(request.substr(0, 40'000));
  CHECK(bench.context.held_memory.bytes() > 39'000);
  client.ask(request.substr(40'000));
  CHECK(bench.context.held_memory.bytes() == 0);
}

TEST_CASE("a body that does not go on is told so at its time") {
  ServerBench bench(settings_with_history(100));
  Client client(bench);
  const std::string request = post("hello");
  client.ask(request.substr(0, request.size() - 1));
  bench.context.deadlines.run_due(bench.context.reactor.now() +
                                  bench.settings.header_timeout);
  CHECK(client.hear().starts_with("HTTP/1.1 408 "));
  CHECK(published(bench) == 0);
}

TEST_CASE("a body that comes fast enough is given more time") {
  auto settings = settings_with_history(100);
  settings.max_event_bytes = 1'000;
  ServerBench bench(settings);
  Client client(bench);
  const std::string request = post(std::string(1'000, 'x'));
  client.ask(request.substr(0, request.size() - 900));
  std::string answer;
  for (size_t left = 900; left > 0; left -= 100) {
    bench.run_for(base::Duration(2));  // or two deadlines would be one
    auto& deadlines = bench.context.deadlines;
    deadlines.run_due(*deadlines.request.next());
    CHECK(answer.empty());
    answer += client.ask(request.substr(request.size() - left, 100));
  }
  CHECK(answer.starts_with("HTTP/1.1 200 "));
}

TEST_CASE("at a drain a body that is not whole is dropped") {
  ServerBench bench(settings_with_history(100));
  Client client(bench);
  const std::string request = post("hello");
  client.ask(request.substr(0, request.size() - 1));
  Drain drain(bench.context);
  drain.start();
  CHECK(client.hear().empty());
  CHECK(client.ended);
  CHECK(published(bench) == 0);
}

}  // namespace
}  // namespace rivulet::server

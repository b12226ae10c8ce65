// Tests server/connection.h with bodies that come in slowly: one that moves is
// given its time anew, one that drips is refused.
#include <doctest/doctest.h>

#include <string>

#include "../support/server_bench.h"

namespace rivulet::server {
namespace {

using test::Client;
using test::ServerBench;

constexpr size_t kLargestBody = 64 * 1024;
// What must come in each header-timeout.
constexpr size_t kShare = kLargestBody / 10;

std::string bytes(size_t count) {
  return std::string(count, 'x');
}

// A client that has sent the head of a request with a body.
struct Upload : Client {
  explicit Upload(ServerBench& the_bench,
                  const std::string& framing = "Content-Length: " +
                                               std::to_string(kLargestBody))
      : Client(the_bench) {
    CHECK(begin(framing).empty());
  }

  std::string begin(const std::string& framing) {
    return ask("POST /livez HTTP/1.1\r\nHost: h\r\n" + framing + "\r\n\r\n");
  }

  // Sends `some`, and then a header-timeout is over. Time is what the deadlines
  // are told: the clock itself only has to move at all, so that an entry that
  // is armed anew is not due at once.
  std::string ask_for_long(const std::string& some) {
    test::send_all(pair.peer.get(), some);
    bench.work();
    os::Reactor& reactor = bench.context.reactor;
    const base::Time armed = reactor.now();
    while (reactor.now() == armed) bench.work();
    bench.context.deadlines.run_due(armed + bench.settings.header_timeout);
    return hear();
  }
};

bool refused(const std::string& answer) {
  return answer.starts_with("HTTP/1.1 408 Request Timeout\r\n");
}

TEST_CASE("a body that moves enough is given its time anew, up to its end") {
  ServerBench bench;
  Upload upload(bench);
  REQUIRE(bench.settings.request.body_bytes == kLargestBody);
  for (int n = 0; n < 10; ++n) {
    CHECK(upload.ask_for_long(bytes(kShare)) == "");
  }
  const std::string answer = upload.ask(bytes(kLargestBody - 10 * kShare));
  CHECK(answer.starts_with("HTTP/1.1 405 "));
  CHECK_FALSE(upload.ended);
}

TEST_CASE("the time given anew is a whole one") {
  ServerBench bench;
  Upload upload(bench);
  const base::Time before = bench.context.reactor.now();
  CHECK(upload.ask_for_long(bytes(kShare)) == "");
  const auto due = bench.context.deadlines.request.next();
  REQUIRE(due.has_value());
  CHECK(*due > before + bench.settings.header_timeout);
  CHECK(*due <= bench.context.reactor.now() + bench.settings.header_timeout);
}

TEST_CASE("a body that drips is refused") {
  ServerBench bench;
  Upload upload(bench);
  CHECK(refused(upload.ask_for_long(bytes(kShare - 1))));
  CHECK(upload.ended);
}

TEST_CASE("a body that has moved and drips now is refused") {
  ServerBench bench;
  Upload upload(bench);
  CHECK(upload.ask_for_long(bytes(3 * kShare)) == "");
  CHECK(refused(upload.ask_for_long(bytes(kShare - 1))));
  CHECK(upload.ended);
}

TEST_CASE("what frames the chunks of a body is no progress of it") {
  ServerBench bench;
  Upload upload(bench, "Transfer-Encoding: chunked");
  std::string chunks;
  for (size_t n = 0; n < kShare / 2; ++n) chunks += "1\r\nx\r\n";
  CHECK(chunks.size() > kShare);
  CHECK(refused(upload.ask_for_long(chunks)));
}

TEST_CASE("the body of the next request counts from its own beginning") {
  ServerBench bench;
  Upload upload(bench);
  CHECK(upload.ask_for_long(bytes(kShare)) == "");
  CHECK(upload.ask(bytes(kLargestBody - kShare)).starts_with("HTTP/1.1 405 "));
  CHECK(upload.begin("Content-Length: 50000") == "");
  CHECK(refused(upload.ask_for_long(bytes(4'999))));
}

TEST_CASE("a tenth of the body is a tenth of its own length, at least a byte") {
  ServerBench bench;
  Upload large(bench, "Content-Length: 50000");
  CHECK(large.ask_for_long(bytes(5'000)) == "");
  Upload small(bench, "Content-Length: 5");
  CHECK(small.ask_for_long("x") == "");
  CHECK(refused(small.ask_for_long("")));
}

}  // namespace
}  // namespace rivulet::server

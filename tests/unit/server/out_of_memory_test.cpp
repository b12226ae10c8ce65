// Memory runs out at each allocation of what a server does, one after another:
// the connection that asked for it may end, and nobody else may notice. An
// exception that leaves the loop would end the process, and here the test.
#include "../support/out_of_memory.h"

#include <doctest/doctest.h>

#include <list>
#include <string>

#include "../support/open_bench.h"
#include "../support/receiver.h"
#include "scarce_bench.h"

namespace rivulet::server {
namespace {

using test::at_each_allocation;
using test::Client;
using test::Fault;
using test::get;
using test::kOk;
using test::Listener;
using test::offer;

using ScarceBench = test::Scarce<test::ServerBench>;

// The request is answered, or its connection ended; another's never is.
void check_one_request(const std::string& request) {
  at_each_allocation([&](Fault& fault) {
    ScarceBench bench;
    {
      Client other(bench);
      CHECK(other.ask(get("/livez")).starts_with(kOk));
      Client client(bench);
      test::send_all(client.pair.peer.get(), request);
      fault.during([&] { bench.work(); });
      const std::string answer = client.hear();
      CHECK((answer.starts_with(kOk) || (answer.empty() && client.ended)));
      if (!fault.struck) CHECK(answer.starts_with(kOk));
      CHECK(other.ask(get("/livez")).ends_with("\r\n\r\nok"));
    }
    bench.check_all_is_back();
  });
}

TEST_CASE("without memory a new connection is sent away, the next one served") {
  at_each_allocation([](Fault& fault) {
    test::Scarce<test::OpenBench> bench;
    {
      const os::UniqueFd client = bench.connect();
      fault.during([&] { bench.work(); });
      const std::string answer = bench.probe(client);
      CHECK((answer.empty() || answer.starts_with(kOk)));
      if (!fault.struck) CHECK(answer.starts_with(kOk));
      const os::UniqueFd next = bench.connect();
      bench.context.deadlines.run_due(bench.context.reactor.now() +
                                      kAcceptPause);
      CHECK(bench.probe(next).starts_with(kOk));
    }
    bench.work();
    CHECK(bench.context.reactor.watched() == 1);
    bench.stop_listening();
    // The listener and its reserve were there before the count.
    CHECK(test::open_descriptors() + 2 == bench.descriptors);
  });
}

TEST_CASE("a request with a long head is answered, or its connection ended") {
  std::string fields;
  for (int n = 0; n < 90; ++n) {
    fields += "X-" + std::to_string(n) + ": " + std::string(200, 'x') + "\r\n";
  }
  check_one_request(get("/livez?" + std::string(8'000, 'q'), fields));
}

TEST_CASE("a file of the page is sent, or the connection of who asked ended") {
  check_one_request(get("/"));
}

TEST_CASE("who asks for figures sees them, or their connection ended") {
  check_one_request(get("/stats"));
}

TEST_CASE("a refusal needs memory too") {
  at_each_allocation([](Fault& fault) {
    ScarceBench bench;
    {
      Client client(bench);
      offer(client, "GET /livez HTTP/1.1\r\nHost: h\r\nno field\r\n\r\n");
      fault.during([&] { bench.work(); });
      const std::string answer = client.hear();
      CHECK((answer.empty() || answer.starts_with("HTTP/1.1 400 ")));
      CHECK(client.ended);
    }
    bench.check_all_is_back();
  });
}

TEST_CASE("a request that took too long is told so, or ended without a word") {
  at_each_allocation([](Fault& fault) {
    ScarceBench bench;
    {
      Client client(bench);
      CHECK(client.ask("GET /livez HT").empty());
      const base::Time due =
          bench.context.reactor.now() + bench.settings.header_timeout;
      fault.during([&] {
        bench.context.deadlines.run_due(due);
        bench.work();
      });
      const std::string answer = client.hear();
      CHECK((answer.empty() || answer.starts_with("HTTP/1.1 408 ")));
      CHECK(client.ended);
    }
    bench.check_all_is_back();
  });
}

TEST_CASE("a list of many clients is whole, or the connection is ended") {
  at_each_allocation([](Fault& fault) {
    ScarceBench bench;
    std::list<test::Receiver> crowd;
    for (int n = 0; n < 200; ++n) {
      bench.context.hub.subscribe(crowd.emplace_back(),
                                  std::string(40, 'x') + std::to_string(n));
    }
    {
      Client client(bench);
      offer(client, get("/clients"));
      fault.during([&] { bench.work(); });
      const std::string answer = client.hear();
      if (!client.ended) CHECK(test::count_of("xxx\"", answer) == 0);
      if (!client.ended) CHECK(answer.ends_with("x199\"]"));
      if (client.ended) CHECK(answer.empty());
      if (!fault.struck) CHECK_FALSE(client.ended);
    }
    for (test::Receiver& one : crowd) one.leave(bench.context.hub);
    bench.check_all_is_back();
  });
}

TEST_CASE("a stream opens and is counted, or ends and is not") {
  at_each_allocation([](Fault& fault) {
    ScarceBench bench;
    {
      Listener other(bench, "an-id-that-is-too-long-for-a-short-string");
      Client client(bench);
      offer(client, get("/stream/another-id-that-is-quite-as-long-as-it"));
      fault.during([&] { bench.work(); });
      std::string heard = client.hear();
      CHECK((client.ended || heard.starts_with(kOk)));
      if (!fault.struck) CHECK_FALSE(client.ended);
      bench.check_streams(client.ended ? 1 : 2);
      bench.context.hub.publish({}, {.name = {}, .data = "hi"});
      other.listen();
      CHECK(other.heard == test::event_bytes("hi"));
      heard += client.hear();
      CHECK(heard.ends_with(test::event_bytes("hi")) == !client.ended);
    }
    bench.check_all_is_back();
  });
}

}  // namespace
}  // namespace rivulet::server

// Memory runs out while much is waiting: for readers that stand still, or for
// the end of the server. See out_of_memory_test.cpp.
#include <doctest/doctest.h>

#include <list>
#include <string>
#include <vector>

#include "../support/out_of_memory.h"
#include "../support/temp_folder.h"
#include "scarce_bench.h"
#include "server/drain.h"

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

// Each stream has heard all that it was told, unless it has been ended, and
// never anything that follows a hole. Counts those that are open.
size_t open_without_a_hole(std::list<Listener>& listeners,
                           const std::string& told) {
  size_t open = 0;
  for (Listener& listener : listeners) {
    listener.listen();
    if (listener.ended) {
      CHECK(told.starts_with(listener.heard));
    } else {
      CHECK(listener.heard == told);
      ++open;
    }
  }
  return open;
}

TEST_CASE("an event reaches all streams, and who has no room for it is ended") {
  constexpr size_t kEvents = 20;  // more than the queues have room for
  std::vector<std::string> requests;
  std::vector<std::string> events;
  for (size_t n = 0; n < kEvents; ++n) {
    requests.push_back(get("/publish/status/event-" + std::to_string(n)));
    events.push_back(test::event_bytes("event-" + std::to_string(n)));
  }
  at_each_allocation([&](Fault& fault) {
    ScarceBench bench;
    {
      std::list<Listener> stuck;
      for (const char* id : {"a", "b", "c"}) stuck.emplace_back(bench, id);
      const std::string backlog = test::fill_sockets(bench);
      Listener brisk(bench, "brisk");
      Client publisher(bench);
      fault.during([&] {
        for (const std::string& request : requests) {
          offer(publisher, request);
          bench.work();
        }
      });
      const std::string answers = publisher.hear();
      brisk.listen();
      CHECK_FALSE(brisk.ended);  // it needs no memory
      const size_t reached = test::count_of("data: ", brisk.heard);
      CHECK(test::count_of(kOk, answers) <= reached);
      if (!publisher.ended) CHECK(test::count_of(kOk, answers) == kEvents);
      std::string told;
      for (size_t n = 0; n < reached; ++n) told += events[n];
      CHECK(brisk.heard == told);
      const size_t open = open_without_a_hole(stuck, backlog + told);
      bench.check_streams(open + 1);
      const size_t victims = (publisher.ended ? 1 : 0) + stuck.size() - open;
      if (fault.shortage == test::Shortage::kOnce) CHECK(victims <= 1);
      if (!fault.struck) CHECK(victims == 0);
    }
    bench.check_all_is_back();
  });
}

TEST_CASE("a pipeline whose answers wait goes on, or is ended") {
  constexpr size_t kAnswers = 5;
  const test::TempFolder www;  // a file that fills a socket at once
  www.write("index.html", std::string(200'000, 'x'));
  Settings settings = test::scarce_settings();
  settings.www = www.path();
  std::string pipeline;
  for (size_t n = 0; n < kAnswers; ++n) pipeline += get("/");
  at_each_allocation([&](Fault& fault) {
    ScarceBench bench(settings);
    {
      Client other(bench);
      CHECK(other.ask(get("/livez")).starts_with(kOk));
      const size_t one = other.ask(get("/")).size();
      Client client(bench);
      size_t heard = 0;
      offer(client, pipeline);
      fault.during([&] {
        for (size_t n = 0; n < 2 * kAnswers; ++n) {
          bench.work();
          heard += test::discard(client);
        }
      });
      heard += client.hear().size();
      CHECK((client.ended || heard == kAnswers * one));
      if (!fault.struck) CHECK_FALSE(client.ended);
      CHECK(other.ask(get("/livez")).ends_with("\r\n\r\nok"));
    }
    bench.check_all_is_back();
  });
}

TEST_CASE("whoever is to make room goes, though there is none to say so") {
  at_each_allocation([](Fault& fault) {
    ScarceBench bench;
    {
      Listener first(bench, "an-id-that-is-too-long-for-a-short-string");
      test::fill_sockets(bench);
      Client client(bench);
      CHECK(client.ask("GET /livez HTTP/1.1\r\nX: ").empty());
      size_t evicted = 0;
      fault.during([&] {
        while (bench.context.deadlines.evict_longest_waiting()) ++evicted;
      });
      CHECK(evicted == 2);
      CHECK(bench.context.held_memory.bytes() == 0);
      bench.check_streams(0);
    }
    bench.check_all_is_back();
  });
}

TEST_CASE("the end of the server reaches everybody, with or without words") {
  at_each_allocation([](Fault& fault) {
    ScarceBench bench;
    {
      Listener stuck(bench, "an-id-that-is-too-long-for-a-short-string");
      std::string backlog = test::fill_sockets(bench);
      Listener brisk(bench, "brisk");
      Client idle(bench);
      CHECK(idle.ask(get("/livez")).starts_with(kOk));
      Client halfway(bench);
      CHECK(halfway.ask("GET /livez HTTP/1.1\r\n").empty());
      Drain drain(bench.context);
      fault.during([&] {
        drain.start();
        drain.run_due();
        bench.work();
      });
      bench.check_streams(0);
      stuck.listen();
      brisk.listen();
      CHECK(stuck.ended);
      CHECK(brisk.ended);
      const bool whole = stuck.heard.starts_with(backlog);
      CHECK((whole || backlog.starts_with(stuck.heard)));
      if (!whole) CHECK_FALSE(stuck.heard.ends_with("\r\n0\r\n\r\n"));
      if (!fault.struck) {
        CHECK(whole);
        CHECK(brisk.heard.ends_with("\n\r\n0\r\n\r\n"));
      }
      for (Client* client : {&idle, &halfway}) {
        CHECK(client->hear().empty());
        CHECK(client->ended);
      }
    }
    bench.check_all_is_back();
  });
}

}  // namespace
}  // namespace rivulet::server

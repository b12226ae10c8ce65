// Tests server/publication.h: what becomes of a body, piece by piece.
#include "server/publication.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "../support/receiver.h"
#include "../support/stream_client.h"
#include "http/request_parser.h"

namespace rivulet::server {
namespace {

using namespace std::string_literals;
using test::ServerBench;

constexpr size_t kPastAllTurns = 1'000'000;

PublishBody event_stream() {
  return {.client = {}, .event_stream = true};
}

// A bench with one listener that has the id "ana".
struct Desk {
  explicit Desk(size_t history_events = 100, size_t max_event_bytes = 64 * 1024)
      : bench([&] {
          auto settings = test::settings_with_history(history_events);
          settings.max_event_bytes = max_event_bytes;
          return settings;
        }()) {
    bench.context.hub.subscribe(ana, "ana");
  }
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;
  ~Desk() { ana.leave(bench.context.hub); }

  ServerBench bench;
  test::Receiver ana;
};

// Without Redis nobody waits for anything.
Waiter& nobody() {
  struct Nobody final : Waiter {
    void on_settled() override {}
  };
  static Nobody one;
  return one;
}

http::Response finish(Publication& publication) {
  publication.end();
  return publication.response();
}

// Takes `body` in pieces of `size`, as long as it is not refused.
void take(Publication& publication, std::string_view body, size_t size) {
  while (!body.empty() && !publication.refused()) {
    publication.take(body.substr(0, size));
    body.remove_prefix(std::min(size, body.size()));
  }
}

TEST_CASE("one event is published at the end of its body") {
  for (const size_t size : {1, 3, 100}) {
    Desk desk;
    Publication publication(desk.bench.context,
                            {.client = {}, .event_name = "n", .retry = 7},
                            nobody());
    CHECK_FALSE(publication.endless());
    take(publication, "hello\nworld", size);
    CHECK(desk.ana.received() == "");
    const http::Response answer = finish(publication);
    CHECK(answer.status == http::Status::kOk);
    CHECK(answer.content_type == "application/json");
    CHECK(answer.body == R"({"id":"abc-1","receivers":1})");
    CHECK(desk.ana.received() ==
          "event: n\nretry: 7\ndata: hello\ndata: world\nid: abc-1\n\n");
  }
}

TEST_CASE("an empty body is an event with empty data") {
  Desk desk;
  Publication publication(desk.bench.context, {.client = {}}, nobody());
  CHECK(finish(publication).body == R"({"id":"abc-1","receivers":1})");
  CHECK(desk.ana.received() == "data: \nid: abc-1\n\n");
}

TEST_CASE("without a history an answer has no id") {
  Desk desk(0);
  Publication one(desk.bench.context, {.client = {}}, nobody());
  CHECK(finish(one).body == R"({"id":null,"receivers":1})");
  Publication many(desk.bench.context, event_stream(), nobody());
  many.take("data: a\n\n");
  CHECK(finish(many).body == R"({"events":1,"id":null,"receivers":1})");
}

TEST_CASE("an event for a client who is not there: 404") {
  Desk desk;
  Publication one(desk.bench.context, {.client = "rui"}, nobody());
  one.take("x");
  CHECK(finish(one).status == http::Status::kNotFound);
  Publication many(desk.bench.context, {.client = "rui", .event_stream = true},
                   nobody());
  many.take("data: a\n\n");
  CHECK(finish(many).status == http::Status::kNotFound);
  CHECK(desk.bench.context.hub.history().next() == 1);
}

TEST_CASE("an event for all or for topics is fine with nobody there") {
  Desk desk;
  desk.ana.leave(desk.bench.context.hub);
  Publication all(desk.bench.context, {.client = {}}, nobody());
  CHECK(finish(all).body == R"({"id":"abc-1","receivers":0})");
  Publication topics(desk.bench.context, {.client = {}, .topics = {"t"}},
                     nobody());
  CHECK(finish(topics).body == R"({"id":"abc-2","receivers":0})");
}

TEST_CASE("data that is not UTF-8 or holds NUL is not published") {
  for (const std::string& body : {"\xFF"s, "a\xC3"s, "a\0b"s}) {
    Desk desk;
    Publication publication(desk.bench.context, {.client = {}}, nobody());
    publication.take(body);
    CHECK(finish(publication).status == http::Status::kBadRequest);
    CHECK(desk.ana.received() == "");
  }
}

TEST_CASE("a letter may be cut between two pieces of a body") {
  Desk desk;
  Publication publication(desk.bench.context, {.client = {}}, nobody());
  take(publication, "é🦀", 1);
  CHECK(finish(publication).status == http::Status::kOk);
  CHECK(desk.ana.received() == "data: é🦀\nid: abc-1\n\n");
}

TEST_CASE("one event has its limit, a stream of them has none") {
  Desk desk(100, 10);
  CHECK(
      Publication(desk.bench.context, {.client = {}}, nobody()).body_limit() ==
      10);
  const Publication many(desk.bench.context, event_stream(), nobody());
  CHECK(many.body_limit() == http::RequestParser::kUnlimited);
  CHECK(many.endless());
}

TEST_CASE("events of a stream are published as they end, in any pieces") {
  for (const size_t size : {1, 2, 3, 7, 1000}) {
    CAPTURE(size);
    Desk desk;
    Publication publication(desk.bench.context, event_stream(), nobody());
    take(publication, "data: a\n\nevent: n\ndata: b\ndata: c\n\ndata: d", size);
    CHECK(publication.events() == 2);
    CHECK(desk.ana.received() ==
          "data: a\nid: abc-1\n\n"
          "event: n\ndata: b\ndata: c\nid: abc-2\n\n");
    CHECK(finish(publication).body ==
          R"({"events":2,"id":"abc-2","receivers":2})");
    CHECK(desk.ana.frames.size() == 2);
  }
}

TEST_CASE("an event does not wait for anything that follows") {
  Desk desk;
  Publication publication(desk.bench.context, event_stream(), nobody());
  publication.take("data: a\r\n\r");
  CHECK(desk.ana.frames.size() == 1);
  publication.take("\n: nothing\n");
  CHECK(desk.ana.frames.size() == 1);
}

TEST_CASE("a stream of no events is no error") {
  Desk desk;
  Publication publication(desk.bench.context, event_stream(), nobody());
  publication.take(": nothing\n\n");
  CHECK(finish(publication).body == R"({"events":0,"id":null,"receivers":0})");
}

TEST_CASE("the query's name and retry are for events without a name") {
  Desk desk;
  PublishBody what = event_stream();
  what.event_name = "usual";
  what.retry = 9;
  Publication publication(desk.bench.context, what, nobody());
  publication.take("data: a\n\nevent: own\ndata: b\n\n");
  CHECK(desk.ana.received() ==
        "event: usual\nretry: 9\ndata: a\nid: abc-1\n\n"
        "event: own\nretry: 9\ndata: b\nid: abc-2\n\n");
}

TEST_CASE("a stream goes to its target only") {
  Desk desk;
  test::Receiver topic;
  desk.bench.context.hub.subscribe(topic, "", std::vector<std::string>{"t"});
  PublishBody what = event_stream();
  what.topics = {"t"};
  Publication publication(desk.bench.context, what, nobody());
  publication.take("data: a\n\n");
  CHECK(desk.ana.frames.empty());
  CHECK(topic.frames.size() == 1);
  topic.leave(desk.bench.context.hub);
}

TEST_CASE("a client who leaves half-way gets what it could get") {
  Desk desk;
  PublishBody what = event_stream();
  what.client = "ana";
  Publication publication(desk.bench.context, what, nobody());
  publication.take("data: a\n\n");
  desk.ana.leave(desk.bench.context.hub);
  publication.take("data: b\n\n");
  CHECK(finish(publication).body ==
        R"({"events":1,"id":"abc-1","receivers":1})");
}

TEST_CASE("an event at fault ends the stream and says how many came before") {
  struct Row {
    std::string bad;
    http::Status status;
    std::string_view word;
  };
  for (const Row& row :
       {Row{"data: 01234567890\n\n", http::Status::kContentTooLarge, "larger"},
        Row{"data: \xFF\n\n", http::Status::kBadRequest, "UTF-8"},
        Row{"data: \0\n\n"s, http::Status::kBadRequest, "NUL"}}) {
    for (const size_t size : {1, 5, 1000}) {
      Desk desk(100, 10);
      Publication publication(desk.bench.context, event_stream(), nobody());
      take(publication, "data: a\n\ndata: b\n\n" + row.bad + "data: c\n\n",
           size);
      REQUIRE(publication.refused());
      CHECK(publication.response().status == row.status);
      const std::string reason = publication.response().body;
      CHECK(reason.starts_with("event 3 "));
      CHECK(reason.find(row.word) != std::string::npos);
      CHECK(reason.ends_with("published before it: 2\n"));
      CHECK(desk.ana.frames.size() == 2);
      CHECK_FALSE(publication.waiting());
    }
  }
}

TEST_CASE("what does not fit into a turn waits and goes on in the next") {
  Desk desk;
  Context& context = desk.bench.context;
  Publication publication(context, event_stream(), nobody());
  context.publish_turns.charge(kPastAllTurns);
  publication.take("data: a\n\ndata: b\n\ndata: c");
  CHECK(publication.waiting());
  CHECK(publication.events() == 0);
  CHECK(publication.held_bytes() > sizeof(Publication) + 20);
  publication.go_on();
  CHECK(publication.waiting());
  context.publish_turns.begin(true);
  publication.go_on();
  CHECK_FALSE(publication.waiting());
  CHECK(publication.events() == 2);
  publication.take("\n\n");
  CHECK(finish(publication).body ==
        R"({"events":3,"id":"abc-3","receivers":3})");
}

TEST_CASE("a fault in what has waited is found when it is read") {
  Desk desk;
  Context& context = desk.bench.context;
  Publication publication(context, event_stream(), nobody());
  context.publish_turns.charge(kPastAllTurns);
  publication.take("data: a\n\ndata: \xFF\n\ndata: b\n\n");
  CHECK_FALSE(publication.refused());
  context.publish_turns.begin(true);
  publication.go_on();
  CHECK(publication.refused());
  CHECK_FALSE(publication.waiting());
  CHECK(desk.ana.frames.size() == 1);
}

TEST_CASE("every delivery of a publish counts for the turn, and itself") {
  Desk desk;
  Context& context = desk.bench.context;
  Publication publication(context, event_stream(), nobody());
  constexpr size_t kReceivers = 1;
  constexpr size_t kItself = 8;
  const size_t events =
      desk.bench.settings.deliveries_a_turn / (kReceivers + kItself);
  for (size_t n = 0; n < events; ++n) publication.take("data: a\n\n");
  CHECK_FALSE(context.publish_turns.spent());
  publication.take("data: a\n\n");
  CHECK(context.publish_turns.spent());
}

}  // namespace
}  // namespace rivulet::server

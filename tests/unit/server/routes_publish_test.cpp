// Tests server/routes.h: what requests to publish a body, streams with topics
// and /clients say, through the router.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "../support/receiver.h"
#include "router_support.h"
#include "server/routes.h"

namespace rivulet::server {
namespace {

using test::publishing;
using test::ServerBench;
using Strings = std::vector<std::string>;

int post_status(ServerBench& bench, std::string_view target) {
  return test::status(bench, target, "POST");
}

OpenStream opening(ServerBench& bench, std::string_view target,
                   std::string_view fields = {}) {
  auto result = test::outcome(bench, target, "GET", fields);
  REQUIRE(std::holds_alternative<OpenStream>(result));
  return std::get<OpenStream>(std::move(result));
}

TEST_CASE("a body goes to all, to a client, or to topics") {
  ServerBench bench;
  const PublishBody all = publishing(bench, "/publish");
  CHECK(all.client == "");
  CHECK(all.topics.empty());
  CHECK(all.event_name == "");
  CHECK(all.retry == std::nullopt);
  CHECK_FALSE(all.event_stream);
  CHECK(publishing(bench, "/publish/a%2Fb").client == "a/b");
  CHECK(publishing(bench, "/publish?topic=a&topic=b%2Fc").topics ==
        Strings{"a", "b/c"});
  CHECK(post_status(bench, "/publish/ana?topic=a") == 400);
}

TEST_CASE("an event's name and retry stand in the query, the last one counts") {
  ServerBench bench;
  const PublishBody what =
      publishing(bench, "/publish?event=a&event=b+c%C3%A9&retry=1&retry=2500");
  CHECK(what.event_name == "b cé");
  CHECK(what.retry == 2500);
  CHECK(publishing(bench, "/publish?event=&retry=").event_name == "");
  CHECK(publishing(bench, "/publish?retry=").retry == std::nullopt);
}

TEST_CASE("an event's name has at most 128 bytes of text") {
  ServerBench bench;
  const std::string longest(128, 'x');
  CHECK(publishing(bench, "/publish?event=" + longest).event_name == longest);
  for (const std::string& name :
       {longest + "x", std::string("%0A"), std::string("a%0Db"),
        std::string("%00"), std::string("%FF"), std::string("%zz"),
        std::string("%7F")}) {
    CAPTURE(name);
    CHECK(post_status(bench, "/publish?event=" + name) == 400);
  }
}

TEST_CASE("retry is a number of milliseconds up to a day") {
  ServerBench bench;
  CHECK(publishing(bench, "/publish?retry=0").retry == 0);
  CHECK(publishing(bench, "/publish?retry=86400000").retry == 86'400'000);
  for (const std::string retry :
       {"86400001", "-1", "1s", "x", "%zz", "+1", "99999999999999999999"}) {
    CAPTURE(retry);
    CHECK(post_status(bench, "/publish?retry=" + retry) == 400);
  }
}

TEST_CASE("a stream of events is told by its type, whatever its parameters") {
  ServerBench bench;
  for (const std::string type :
       {"text/event-stream", "TEXT/Event-Stream", "text/event-stream;x=y",
        "text/event-stream ; charset=utf-8"}) {
    CAPTURE(type);
    CHECK(publishing(bench, "/publish", "Content-Type: " + type + "\r\n")
              .event_stream);
  }
  for (const std::string type :
       {"text/plain", "text/event-streams", "", "x; text/event-stream"}) {
    CAPTURE(type);
    CHECK_FALSE(publishing(bench, "/publish", "Content-Type: " + type + "\r\n")
                    .event_stream);
  }
}

std::string many_topics(int count) {
  std::string query = "?";
  for (int n = 0; n < count; ++n) query += "&topic=" + std::to_string(n);
  return query;
}

TEST_CASE("up to 64 good topics may be named, by a stream as by a publish") {
  ServerBench bench;
  CHECK(publishing(bench, "/publish" + many_topics(64)).topics.size() == 64);
  CHECK(post_status(bench, "/publish" + many_topics(65)) == 400);
  CHECK(opening(bench, "/stream" + many_topics(64)).topics.size() == 64);
  CHECK(test::status(bench, "/stream" + many_topics(65)) == 400);
  CHECK(test::status(bench, "/stream/ana" + many_topics(65)) == 400);
  for (const std::string topic :
       {"", "a+b", "a%2Cb", "%23", "%zz", "%FF", "%00", "*"}) {
    CAPTURE(topic);
    CHECK(post_status(bench, "/publish?topic=a&topic=" + topic) == 400);
    CHECK(test::status(bench, "/stream?topic=a&topic=" + topic) == 400);
  }
}

TEST_CASE("a name that can be nobody's is refused before the body") {
  ServerBench bench;
  CHECK(post_status(bench, "/publish/a%0Ab") == 400);
  CHECK(post_status(bench, "/publish/" + std::string(129, 'a')) == 400);
  CHECK(publishing(bench, "/publish/" + std::string(128, 'a')).client.size() ==
        128);
}

TEST_CASE("a server that drains takes no bodies") {
  ServerBench bench;
  bench.context.draining = true;
  CHECK(post_status(bench, "/publish") == 503);
  CHECK(post_status(bench, "/publish/ana") == 503);
}

TEST_CASE("a stream may have topics, an id, both or neither") {
  ServerBench bench;
  const OpenStream bare = opening(bench, "/stream");
  CHECK(bare.id == "");
  CHECK(bare.topics.empty());
  CHECK(bare.last_event_id == std::nullopt);
  const OpenStream both = opening(bench, "/stream/ana?topic=a&topic=b");
  CHECK(both.id == "ana");
  CHECK(both.topics == Strings{"a", "b"});
}

TEST_CASE("the last event id is taken from the field before the query") {
  ServerBench bench;
  CHECK(opening(bench, "/stream?lastEventId=q", "Last-Event-ID: f\r\n")
            .last_event_id == "f");
  CHECK(opening(bench, "/stream?lastEventId=q").last_event_id == "q");
  CHECK(opening(bench, "/stream?evs_last_event_id=q").last_event_id == "q");
  CHECK(opening(bench, "/stream?lastEventId=", "Last-Event-ID:\r\n")
            .last_event_id == std::nullopt);
  CHECK(opening(bench, "/stream?lastEventId=%zz").last_event_id == "?");
}

// A subscriber of the bench's hub for the length of a test.
struct Present {
  Present(ServerBench& the_bench, std::string_view id, const Strings& topics)
      : bench(the_bench) {
    bench.context.hub.subscribe(receiver, id, topics);
  }
  Present(const Present&) = delete;
  Present& operator=(const Present&) = delete;
  ~Present() { receiver.leave(bench.context.hub); }

  ServerBench& bench;
  test::Receiver receiver;
};

TEST_CASE("the clients are described one by one on request") {
  auto settings = test::default_settings();
  settings.history = {.events = 10, .bytes = 100'000};
  settings.epoch = 0xabc;
  ServerBench bench(settings);
  Present ana(bench, "a\"b", {"t", "u"});
  ana.receiver.own_status = {.address = "127.0.0.1:5",
                             .connected = std::chrono::seconds(7),
                             .bytes_queued = 8,
                             .events_sent = 9,
                             .last_sent = 10,
                             .catching_up = true};
  const Present nobody(bench, "", {});
  const std::string first =
      R"({"id":"a\"b","topics":["t","u"],"address":"127.0.0.1:5",)"
      R"("seconds_connected":7,"bytes_queued":8,"events_sent":9,)"
      R"("catching_up":true,"last_event_id":"abc-10"})";
  const std::string second =
      R"({"id":null,"topics":[],"address":"","seconds_connected":0,)"
      R"("bytes_queued":0,"events_sent":0,"catching_up":false,)"
      R"("last_event_id":null})";
  CHECK(test::response(bench, "/clients?detail=1").body ==
        "[" + first + ",\n" + second + "]");
  CHECK(test::response(bench, "/clients/a%22b").body == "[" + first + "]");
  CHECK(test::response(bench, "/clients").body == R"(["a\"b"])");
  CHECK(test::response(bench, "/clients?detail=0").body == R"(["a\"b"])");
}

TEST_CASE("a client who is not there cannot be described or kicked") {
  ServerBench bench;
  const Present nobody(bench, "", {"ana"});
  for (const std::string method : {"GET", "HEAD", "DELETE"}) {
    CHECK(test::status(bench, "/clients/ana", method) == 404);
    CHECK(test::status(bench, "/clients/a%0A", method) == 400);
  }
  CHECK_FALSE(nobody.receiver.kicked);
}

TEST_CASE("all connections of a client are kicked, and no other") {
  ServerBench bench;
  const Present one(bench, "ana", {});
  const Present two(bench, "ana", {});
  const Present other(bench, "rui", {});
  CHECK(test::response(bench, "/clients/ana", "DELETE").body ==
        R"({"ended":2})");
  CHECK(one.receiver.kicked);
  CHECK(two.receiver.kicked);
  CHECK_FALSE(other.receiver.kicked);
}

}  // namespace
}  // namespace rivulet::server

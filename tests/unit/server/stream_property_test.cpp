// Tests streams under any schedule: whatever is published to whom, whoever
// comes, goes, comes back, reads slowly or is kicked, each stream is a prefix
// of exactly what it should be, and all of it unless it was ended.
#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "../support/stream_client.h"
#include "server/stream.h"

namespace rivulet::server {
namespace {

using test::ServerBench;
using test::StreamClient;
using Strings = std::vector<std::string>;

struct Published {
  uint64_t sequence;
  std::string client;
  Strings topics;
  std::string data;
};

std::string id_of(uint64_t sequence) {
  return "abc-" + std::to_string(sequence);
}

// A client with what it should get.
struct Reader {
  std::unique_ptr<StreamClient> stream;
  std::string id;
  Strings topics;
  std::string gap;     // its data; empty when there is to be none
  uint64_t start = 0;  // the first event that may be for it
};

bool is_for(const Reader& reader, const Published& event) {
  if (!event.client.empty()) return event.client == reader.id;
  return event.topics.empty() ||
         std::ranges::any_of(event.topics, [&](const std::string& topic) {
           return std::ranges::count(reader.topics, topic) > 0;
         });
}

class Play {
 public:
  Play(const Settings& settings, uint32_t seed)
      : random_(seed), bench_(settings) {
    for (int n = 0; n < 6; ++n) {
      readers_.emplace_back();
      connect(readers_.back());
    }
  }

  void step() {
    Reader& reader = readers_[below(readers_.size())];
    const size_t dice = below(100);
    if (dice < 45) {
      publish();
    } else if (dice < 65) {
      reader.stream->take(below(3'000));
    } else if (dice < 88) {
      bench_.turn();
    } else if (dice < 93) {
      reader.stream->take_all();
    } else if (dice < 94) {
      publish_many();
    } else if (dice < 95) {
      kick(reader.id);
    } else {
      come_back(reader);
    }
  }

  void finish() {
    for (Reader& reader : readers_) {
      reader.stream->take_all();
      check(reader);
    }
    CHECK(ended(EndReason::kError) == 0);
    CHECK(ended(EndReason::kTimeout) == 0);
    readers_.clear();
    bench_.work();
    CHECK(bench_.context.hub.subscriber_count() == 0);
    CHECK(bench_.context.reactor.watched() == 0);
    CHECK(bench_.context.held_memory.bytes() == 0);
    CHECK(bench_.context.deadlines.next() == std::nullopt);
  }

  [[nodiscard]] uint64_t ended(EndReason reason) const {
    return bench_.context.ended[static_cast<size_t>(reason)];
  }
  [[nodiscard]] size_t gaps() const { return gaps_; }
  [[nodiscard]] size_t whole() const { return whole_; }

 private:
  size_t below(size_t bound) { return random_() % bound; }

  Strings some_topics(size_t most) {
    Strings topics(below(most + 1));
    for (std::string& topic : topics) topic = std::to_string(below(3));
    return topics;
  }
  std::string some_id() {
    const size_t number = below(4);
    return number == 0 ? "" : std::to_string(number);
  }

  void publish() {
    Published event{.sequence = 0,
                    .client = below(3) == 0 ? some_id() : "",
                    .topics = {},
                    .data = std::to_string(++count_)};
    if (event.client.empty() && below(2) == 0) event.topics = some_topics(2);
    event.data += std::string(below(10) == 0 ? below(6'000) : below(400), '.');
    event.sequence =
        bench_.context
            .publish({.client = event.client, .topics = event.topics},
                     {.name = {}, .data = event.data})
            .sequence;
    if (event.sequence != 0) log_.push_back(std::move(event));
  }
  void publish_many() {
    for (size_t n = below(100); n > 0; --n) publish();
  }

  void kick(const std::string& id) {
    bench_.context.hub.for_each_subscriber(
        id, [](hub::Subscriber& subscriber) { subscriber.kick(); });
  }

  void come_back(Reader& reader) {
    check(reader);
    const auto events = reader.stream->events();
    const std::string seen = events.empty() ? "" : events.back().id;
    reader.stream.reset();
    bench_.work();
    switch (below(4)) {
      case 0:
        return connect(reader);
      case 1:
        return connect(reader, "0");
      case 2:
        return connect(reader, id_of(below(log_.size() + 3)));
      default:
        return connect(reader, seen);
    }
  }

  void connect(Reader& reader, const std::string& last_event_id = "") {
    reader.id = some_id();
    reader.topics = some_topics(3);
    expect(reader, last_event_id);
    std::string target = "/stream";
    if (!reader.id.empty()) target += "/" + reader.id;
    target += '?';
    for (const auto& topic : reader.topics) target += "topic=" + topic + "&";
    const std::string fields = "Last-Event-ID: " + last_event_id + "\r\n";
    const int send_buffer = below(2) == 0 ? 4096 : 0;
    reader.stream =
        std::make_unique<StreamClient>(bench_, target, fields, send_buffer);
  }

  void expect(Reader& reader, const std::string& last_event_id) {
    const auto& history = bench_.context.hub.history();
    reader.gap = "";
    reader.start = history.next();
    if (last_event_id.empty()) return;
    reader.start = history.first();
    if (last_event_id == "0") return;
    const uint64_t seen = std::stoull(last_event_id.substr(4));
    if (seen + 1 >= history.first() && seen < history.next()) {
      reader.start = seen + 1;
    } else {
      ++gaps_;
      reader.gap = R"({"after":")" + last_event_id + R"(","before":")" +
                   id_of(history.first()) + R"("})";
    }
  }

  void check(const Reader& reader) {
    const auto got = reader.stream->events();
    size_t index = 0;
    const auto next_is = [&](const std::string& id, const std::string& data) {
      if (index == got.size()) return false;
      REQUIRE(got[index].id == id);
      REQUIRE(got[index].data == data);
      ++index;
      return true;
    };
    bool all =
        reader.gap.empty() || next_is(id_of(reader.start - 1), reader.gap);
    for (const Published& event : log_) {
      if (event.sequence < reader.start || !is_for(reader, event)) continue;
      all = all && next_is(id_of(event.sequence), event.data);
      if (!all) break;
    }
    REQUIRE(index == got.size());
    reader.stream->take_all();
    if (!reader.stream->ended()) check_whole(reader);
  }

  // One that goes on has got everything once it has read.
  void check_whole(const Reader& reader) {
    ++whole_;
    Strings expected;
    if (!reader.gap.empty()) expected.push_back(reader.gap);
    for (const Published& event : log_) {
      if (event.sequence < reader.start || !is_for(reader, event)) continue;
      expected.push_back(event.data);
    }
    Strings got;
    for (const auto& event : reader.stream->events()) got.push_back(event.data);
    REQUIRE(got == expected);
  }

  std::mt19937 random_;
  ServerBench bench_;
  std::vector<Published> log_;
  std::vector<Reader> readers_;
  uint64_t count_ = 0;
  size_t gaps_ = 0;
  size_t whole_ = 0;
};

TEST_CASE("under any schedule each stream is exactly what it should be") {
  size_t gaps = 0;
  size_t whole = 0;
  uint64_t slow = 0;
  uint64_t kicked = 0;
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    auto settings = test::settings_with_history(60, 60'000);
    settings.queue_bytes = seed % 3 == 0 ? 6'000 : 30'000;
    Play play(settings, seed);
    for (int step = 0; step < 1'500; ++step) play.step();
    play.finish();
    gaps += play.gaps();
    whole += play.whole();
    slow += play.ended(EndReason::kSlow);
    kicked += play.ended(EndReason::kKicked);
  }
  // It has not been too easy, nor too hard.
  CHECK(gaps > 10);
  CHECK(whole > 100);
  CHECK(slow > 10);
  CHECK(kicked > 10);
}

TEST_CASE("with a large history no schedule ends a stream as slow") {
  for (uint32_t seed = 21; seed <= 26; ++seed) {
    CAPTURE(seed);
    auto settings = test::settings_with_history(100'000);
    settings.queue_bytes = 6'000;
    Play play(settings, seed);
    for (int step = 0; step < 1'500; ++step) play.step();
    play.finish();
    CHECK(play.ended(EndReason::kSlow) == 0);
  }
}

}  // namespace
}  // namespace rivulet::server

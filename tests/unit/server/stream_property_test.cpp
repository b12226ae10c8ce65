// Tests streams under any schedule: whatever is published to whom, whoever
// comes, goes, comes back, reads slowly or is kicked, each stream is a prefix
// of exactly what it should be, gaps included, and all of it unless it had to
// be ended.
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

// No event between the two is sent.
struct Gap {
  std::string seen;    // by the client, as it is told
  uint64_t after = 0;  // the event before the gap
  uint64_t before = 0;
};

struct Sent {
  std::string id;
  std::string data;
  bool operator==(const Sent&) const = default;
};

// A client with what it should get.
struct Reader {
  std::unique_ptr<StreamClient> stream;
  const hub::Subscriber* subscriber = nullptr;  // its end of the server
  std::string id;
  Strings topics;
  std::vector<Gap> gaps;
  uint64_t start = 0;         // the first event that may be for it
  uint64_t end = UINT64_MAX;  // nothing from there on is sent
  bool may_be_ended = false;
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
    return bench_.ended(reason);
  }
  [[nodiscard]] size_t gaps() const { return gaps_; }
  [[nodiscard]] size_t late_gaps() const { return late_gaps_; }
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
    for (Reader& reader : readers_) look_at(reader);
  }
  void publish_many() {
    for (size_t n = below(100); n > 0; --n) publish();
  }

  // Only a publish makes the history give up anything, and nothing is written
  // meanwhile: so who is overtaken is known here, and what comes of it.
  void look_at(Reader& reader) {
    if (!subscribed(reader)) return;
    const hub::Subscriber::Status status = reader.subscriber->status();
    const size_t waiting = status.bytes_queued;
    if (waiting > bench_.settings.queue_bytes / 3) reader.may_be_ended = true;
    const uint64_t first = bench_.context.hub.history().first();
    const uint64_t after = status.last_sent;
    if (!status.catching_up || after + 1 >= first) return;
    // The last one, when it has not come to that yet, grows.
    const bool again =
        !reader.gaps.empty() && reader.gaps.back().before > after + 1;
    if (again) reader.gaps.pop_back();
    if (is_stalled(reader)) {
      reader.end = after + 1;
      return;
    }
    if (!again) ++late_gaps_;
    reader.gaps.push_back({id_of(after), after, first});
    // What waits may fill its socket before the gap's turn.
    if (waiting > kMostBeforeEvents) reader.may_be_ended = true;
  }

  [[nodiscard]] bool subscribed(const Reader& reader) const {
    bool found = false;
    bench_.context.hub.for_each_subscriber([&](const hub::Subscriber& other) {
      found = found || &other == reader.subscriber;
    });
    return found;
  }
  static bool is_stalled(const Reader& reader) {
    return os::Reactor::interest(static_cast<const Stream&>(
               *reader.subscriber)) == os::Interest::kReadWrite;
  }

  void kick(const std::string& id) {
    for (Reader& reader : readers_) {
      if (!id.empty() && reader.id == id) reader.may_be_ended = true;
    }
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
    forget_those_who_are_gone();
    reader.stream =
        std::make_unique<StreamClient>(bench_, target, fields, send_buffer);
    find_subscriber(reader);
  }

  // The newest may be where one of them was.
  void forget_those_who_are_gone() {
    for (Reader& reader : readers_) {
      if (!subscribed(reader)) reader.subscriber = nullptr;
    }
  }

  // It is the one that is nobody else's.
  void find_subscriber(Reader& reader) {
    reader.subscriber = nullptr;
    const hub::Subscriber* newest = nullptr;
    bench_.context.hub.for_each_subscriber([&](const hub::Subscriber& one) {
      const auto has_it = [&one](const Reader& other) {
        return other.subscriber == &one;
      };
      if (std::ranges::none_of(readers_, has_it)) newest = &one;
    });
    reader.subscriber = newest;
  }

  void expect(Reader& reader, const std::string& last_event_id) {
    const auto& history = bench_.context.hub.history();
    const uint64_t first = history.first();
    reader.gaps.clear();
    reader.start = history.next();
    reader.end = UINT64_MAX;
    reader.may_be_ended = false;
    if (last_event_id.empty()) return;
    reader.start = first;
    if (last_event_id == "0") return;
    const uint64_t seen = std::stoull(last_event_id.substr(4));
    if (seen + 1 >= first && seen < history.next()) {
      reader.start = seen + 1;
    } else {
      ++gaps_;
      reader.gaps.push_back({last_event_id, 0, first});
    }
  }

  [[nodiscard]] std::vector<Sent> expected(const Reader& reader) const {
    std::vector<Sent> all;
    auto gap = reader.gaps.begin();
    const auto tell_gaps_up_to = [&](uint64_t sequence) {
      for (; gap != reader.gaps.end() && gap->before <= sequence; ++gap) {
        all.push_back({id_of(gap->before - 1),
                       R"({"after":")" + gap->seen + R"(","before":")" +
                           id_of(gap->before) + R"("})"});
      }
    };
    for (const Published& event : log_) {
      const uint64_t sequence = event.sequence;
      if (sequence < reader.start || !is_for(reader, event)) continue;
      if (sequence >= reader.end) break;
      tell_gaps_up_to(sequence);
      if (gap != reader.gaps.end() && sequence > gap->after) continue;
      all.push_back({id_of(sequence), event.data});
    }
    tell_gaps_up_to(reader.end);
    return all;
  }

  static std::vector<Sent> sent_to(const Reader& reader) {
    std::vector<Sent> all;
    for (const auto& event : reader.stream->events()) {
      all.push_back({event.id, event.data});
    }
    return all;
  }

  // It gets all that it is to get, and the beginning of it when it is ended,
  // which takes a reason.
  void check(const Reader& reader) {
    reader.stream->take_all();
    const std::vector<Sent> whole = expected(reader);
    const std::vector<Sent> got = sent_to(reader);
    REQUIRE(got.size() <= whole.size());
    REQUIRE(std::equal(got.begin(), got.end(), whole.begin()));
    const bool must_be_ended = reader.end != UINT64_MAX;
    if (reader.stream->ended()) {
      REQUIRE((must_be_ended || reader.may_be_ended));
      return;
    }
    REQUIRE_FALSE(must_be_ended);
    REQUIRE(got.size() == whole.size());
    ++whole_;
  }

  // The heads, the opening and a gap.
  static constexpr size_t kMostBeforeEvents = 600;

  std::mt19937 random_;
  ServerBench bench_;
  std::vector<Published> log_;
  std::vector<Reader> readers_;
  uint64_t count_ = 0;
  size_t gaps_ = 0;
  size_t late_gaps_ = 0;
  size_t whole_ = 0;
};

TEST_CASE("under any schedule each stream is exactly what it should be") {
  size_t gaps = 0;
  size_t late_gaps = 0;
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
    late_gaps += play.late_gaps();
    whole += play.whole();
    slow += play.ended(EndReason::kSlow);
    kicked += play.ended(EndReason::kKicked);
  }
  // It has not been too easy, nor too hard.
  CHECK(gaps > 10);
  CHECK(late_gaps > 10);
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
    CHECK(play.late_gaps() == 0);
  }
}

}  // namespace
}  // namespace rivulet::server

// A bench for tests in which memory runs out, and what must hold after each of
// them: whatever was given up has given everything back.
#pragma once

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "../support/out_of_memory.h"
#include "../support/server_bench.h"
#include "sse/frame.h"

namespace rivulet::test {

inline constexpr size_t kStreamsPerAddress = 100;

// Counts what it can: the least settings leave nothing out.
inline server::Settings scarce_settings() {
  server::Settings settings = default_settings();
  settings.max_streams_per_address = kStreamsPerAddress;
  settings.drain_timeout = base::Duration(0);  // all streams at once
  return settings;
}

// Writes each line, for lines need memory too, and to nobody.
inline base::Log full_log() {
  static std::FILE* const nobody = std::fopen("/dev/null", "w");
  return {nobody, base::LogLevel::kDebug};
}

inline size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(all), end(all)));
}

template <typename Bench>
struct Scarce : Bench {
  explicit Scarce(server::Settings the_settings = scarce_settings())
      : Bench(std::move(the_settings), full_log()) {}

  // The hub and the admission agree that so many streams are open.
  void check_streams(size_t count) {
    CHECK(this->context.hub.subscriber_count() == count);
    server::Admission& admission = this->context.admission;
    size_t room = 0;
    while (!admission.refusal("one more", Bench::kPeer)) {
      admission.enter(Bench::kPeer);
      ++room;
    }
    for (size_t n = 0; n < room; ++n) admission.leave(Bench::kPeer);
    CHECK(kStreamsPerAddress - room == count);
  }

  // Once its clients have gone, nothing is left of them.
  void check_all_is_back() {
    for (int n = 0; n < 4; ++n) this->work();
    check_streams(0);
    CHECK(this->context.reactor.watched() == 0);
    CHECK(this->context.held_memory.bytes() == 0);
    CHECK(open_descriptors() == descriptors);
  }

  const size_t descriptors = open_descriptors();
};

inline constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\n";

inline std::string get(const std::string& target,
                       const std::string& fields = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}

// As send_all(), for a peer that may be gone, and without memory.
inline void offer(const Client& client, std::string_view bytes) {
  ::send(client.pair.peer.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

// Reads all that is there and forgets it; needs no memory for it.
inline size_t discard(const Client& client) {
  static std::array<char, 65536> buffer;
  size_t total = 0;
  for (;;) {
    const ssize_t size =
        ::recv(client.pair.peer.get(), buffer.data(), buffer.size(), 0);
    if (size <= 0) return total;
    total += static_cast<size_t>(size);
  }
}

// An open stream and all that it has heard since it opened.
struct Listener : Reader {
  using Reader::Reader;

  void listen() {
    std::string piece;
    do {
      piece = hear();
      heard += piece;
    } while (!piece.empty());
  }

  std::string heard;
};

// The bytes of an event as it goes to a stream.
inline std::string event_bytes(std::string_view data) {
  return std::string(
      sse::encode_event({.name = {}, .data = data, .id = {}})->chunked());
}

inline size_t count_of(std::string_view what, std::string_view text) {
  size_t count = 0;
  for (size_t at = text.find(what); at != std::string_view::npos;
       at = text.find(what, at + what.size())) {
    ++count;
  }
  return count;
}

// Publishes to everybody until nobody's socket takes any more; answers what
// each of them then has to hear.
inline std::string fill_sockets(ServerBench& bench) {
  const std::string data(10'000, 'x');
  std::string all;
  while (bench.context.held_memory.bytes() == 0) {
    bench.context.hub.publish({}, {.name = {}, .data = data});
    bench.context.reactor.turn(bench.context.reactor.now());
    all += event_bytes(data);
  }
  return all;
}

}  // namespace rivulet::test

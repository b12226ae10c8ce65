// A client of a bench that has asked for an event stream, and reads it when
// the test lets it.
#pragma once

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "server_bench.h"
#include "socket_pair.h"

namespace rivulet::test {

struct GotEvent {
  std::string id;
  std::string name;
  std::string data;
};

// The content of chunks, as far as they are whole; `*last` when the last one
// is among them.
inline std::string decode_chunks(std::string_view rest, bool* last) {
  std::string content;
  for (;;) {
    const size_t line_end = rest.find("\r\n");
    if (line_end == std::string_view::npos) return content;
    const std::string digits(rest.substr(0, line_end));
    const size_t size = std::strtoul(digits.c_str(), nullptr, 16);
    const size_t whole = line_end + 2 + size + 2;
    if (rest.size() < whole) return content;
    content += rest.substr(line_end + 2, size);
    rest.remove_prefix(whole);
    if (size > 0) continue;
    *last = true;
    CHECK(rest.empty());
    return content;
  }
}

// The events of a stream as this server writes it: LF, and a space behind each
// colon.
inline std::vector<GotEvent> read_got_events(std::string_view text) {
  std::vector<GotEvent> events;
  GotEvent event;
  bool has_data = false;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) break;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.empty() && has_data) events.push_back(std::exchange(event, {}));
    if (line.starts_with("id: ")) event.id = line.substr(4);
    if (line.starts_with("event: ")) event.name = line.substr(7);
    const bool data = line.starts_with("data: ");
    if (data && has_data) event.data += '\n';
    if (data) event.data += line.substr(6);
    has_data = (has_data || data) && !line.empty();
  }
  return events;
}

class StreamClient {
 public:
  // `send_buffer` bytes, when given, are what the server's side of the socket
  // holds: little, for a client that is to fall behind.
  StreamClient(ServerBench& bench, std::string_view target,
               std::string_view fields = {}, int send_buffer = 0)
      : bench_(bench) {
    if (send_buffer > 0) {
      ::setsockopt(pair_.ours.get(), SOL_SOCKET, SO_SNDBUF, &send_buffer,
                   sizeof(send_buffer));
    }
    bench_.admit(std::move(pair_.ours));
    send_all(fd(), "GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n" +
                       std::string(fields) + "\r\n");
    bench_.turn();
  }

  // Takes what has come, at most so many bytes.
  void take(size_t most = ~size_t{0}) {
    std::array<char, 65536> buffer;
    while (most > 0 && !ended_) {
      const size_t room = std::min(most, buffer.size());
      const ssize_t size = ::recv(fd(), buffer.data(), room, 0);
      if (size < 0) return;
      ended_ = size == 0;
      bytes_.append(buffer.data(), static_cast<size_t>(size));
      most -= static_cast<size_t>(size);
    }
  }

  // Reads until nothing more comes.
  void take_all() {
    for (int idle = 0; idle < 3; ++idle) {
      const size_t before = bytes_.size();
      bench_.work();
      take();
      if (bytes_.size() != before) idle = 0;
    }
  }

  [[nodiscard]] std::string content() const {
    const size_t head = bytes_.find("\r\n\r\n");
    if (head == std::string::npos) return {};
    bool last = false;
    return decode_chunks(std::string_view(bytes_).substr(head + 4), &last);
  }
  // Whether the stream has come to its proper end.
  [[nodiscard]] bool finished() const { return bytes_.ends_with("0\r\n\r\n"); }
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] std::vector<GotEvent> events() const {
    return read_got_events(content());
  }
  // What was read last, all of it.
  std::vector<std::string> read_ids() {
    take_all();
    std::vector<std::string> ids;
    for (const GotEvent& event : events()) ids.push_back(event.id);
    return ids;
  }
  std::vector<std::string> read_data() {
    take_all();
    std::vector<std::string> all;
    for (const GotEvent& event : events()) all.push_back(event.data);
    return all;
  }
  void hang_up() { pair_.peer.reset(); }

 private:
  [[nodiscard]] int fd() const { return pair_.peer.get(); }

  ServerBench& bench_;
  SocketPair pair_;
  std::string bytes_;
  bool ended_ = false;
};

// With a history, and ids "abc-1", "abc-2", ...
inline server::Settings settings_with_history(size_t events,
                                              size_t bytes = size_t{64}
                                                             << 20U) {
  server::Settings settings = default_settings();
  settings.history = {.events = events, .bytes = bytes};
  settings.epoch = 0xabc;
  return settings;
}

inline std::string event_id(int number) {
  return "abc-" + std::to_string(number);
}

// Those of all events from one to the other.
inline std::vector<std::string> event_ids(int from, int to) {
  std::vector<std::string> all;
  for (int n = from; n <= to; ++n) all.push_back(event_id(n));
  return all;
}

// The field of a client that comes back.
inline std::string last_event_id(const std::string& id) {
  return "Last-Event-ID: " + id + "\r\n";
}

// Sends an event to all, or to a client, or to topics.
inline hub::Receipt publish_to_all(ServerBench& bench, std::string_view data) {
  return bench.context.publish({}, {.name = {}, .data = data});
}
// Sends so many to all.
inline void fill(ServerBench& bench, int count, std::string_view data = "x") {
  for (int n = 0; n < count; ++n) publish_to_all(bench, data);
}
inline hub::Receipt publish_to_client(ServerBench& bench, std::string_view id,
                                      std::string_view data) {
  return bench.context.publish({.client = id, .topics = {}},
                               {.name = {}, .data = data});
}
inline hub::Receipt publish_to_topics(ServerBench& bench,
                                      const std::vector<std::string>& topics,
                                      std::string_view data) {
  return bench.context.publish({.client = {}, .topics = topics},
                               {.name = {}, .data = data});
}

}  // namespace rivulet::test

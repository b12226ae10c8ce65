// The load of the benchmarks: one thread that opens streams, publishes, and
// checks that each stream gets each event once and all in one order.
//
//   bench-load PORT STREAM_TARGET [--frames]
//
// In STREAM_TARGET {} becomes five digits that differ for each stream. With
// --frames it publishes to bench-floor, which wants the event as it is to be
// sent. It does what it reads from its input, and answers each with a line of
// JSON, so that whoever asks can look at the server between two commands:
//
//   connect STREAMS                      opens so many more
//   publish COUNT SIZE INFLIGHT TARGET   as fast as the server answers, on so
//                                        many connections
//   alone COUNT SIZE TARGET              the next once all have got the last,
//                                        and a pause
//
// Latencies are microseconds from an event's publish to its arrival at one
// stream. `cpu` is the seconds of CPU that all this took here.
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "ledger.h"
#include "publisher.h"
#include "reader.h"

namespace bench {
namespace {

constexpr size_t kConnecting = 128;  // streams at once that await their head
constexpr auto kPause = std::chrono::milliseconds(2);

[[noreturn]] void fail(std::string_view what, std::string_view detail = {}) {
  fmt::print(stderr, "bench-load: {} {}\n", what, detail);
  std::exit(1);
}

double seconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) +
           static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Stream {
  int fd;
  Reader reader;
  Place place;
};

// What is published, and how.
struct Phase {
  uint32_t count = 0;
  size_t size = 0;
  size_t in_flight = 1;
  std::string target;
  bool alone = false;
};

class Load {
 public:
  Load(uint16_t port, std::string stream_target, bool frames)
      : port_(port),
        stream_target_(std::move(stream_target)),
        frames_(frames) {}

  void connect(size_t count);
  void publish(const Phase& phase);

 private:
  // Of epoll: a stream's index, or a publisher's after all those.
  static constexpr uint64_t kPublishers = uint64_t{1} << 32;

  int open_socket() const;
  void open_stream();
  void watch(int fd, uint64_t key) const;
  void poll();
  // False when there is no progress for some seconds.
  bool poll_until(const std::function<bool()>& done);
  void read(uint64_t key);
  void read_stream(Stream& stream, std::string_view bytes);
  void read_answer(Publisher& publisher, std::string_view bytes);

  void open_publishers(size_t count);
  void close_publishers();
  void publish_next(Publisher& publisher);
  bool publish_rest();
  bool publish_alone();
  [[nodiscard]] bool settled() const;
  [[nodiscard]] size_t lost() const;

  const uint16_t port_;
  const std::string stream_target_;
  const bool frames_;
  const int epoll_ = ::epoll_create1(0);
  std::array<char, 65536 * 2> buffer_{};
  std::deque<Stream> streams_;
  size_t ready_ = 0;     // streams that have their head
  size_t progress_ = 0;  // heads, events and answers so far
  size_t closed_ = 0;
  std::vector<Publisher> publishers_;
  // Of this phase:
  Phase phase_;
  std::optional<Ledger> ledger_;
  uint32_t first_ = 0;  // number, and that after the last
  uint32_t next_ = 0;
  uint32_t answered_ = 0;
};

int Load::open_socket() const {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* raw = reinterpret_cast<const sockaddr*>(&address);
  if (fd < 0 || ::connect(fd, raw, sizeof address) != 0) {
    fail("cannot connect:", std::generic_category().message(errno));
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

void Load::watch(int fd, uint64_t key) const {
  epoll_event event{.events = EPOLLIN, .data = {.u64 = key}};
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
}

void Load::open_stream() {
  std::string target = stream_target_;
  const size_t place = target.find("{}");
  if (place != std::string::npos) {
    target.replace(place, 2, fmt::format("{:05}", streams_.size()));
  }
  const std::string request = fmt::format(
      "GET {} HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n\r\n",
      target);
  const int fd = open_socket();
  ::send(fd, request.data(), request.size(), MSG_NOSIGNAL);
  streams_.push_back({.fd = fd, .reader = {}, .place = {}});
  watch(fd, streams_.size() - 1);
}

void Load::poll() {
  constexpr int kLimitMs = 1000;
  std::array<epoll_event, 512> ready{};
  const int count = ::epoll_wait(epoll_, ready.data(), ready.size(), kLimitMs);
  for (int i = 0; i < count; ++i) read(ready[static_cast<size_t>(i)].data.u64);
}

bool Load::poll_until(const std::function<bool()>& done) {
  constexpr auto kPatience = std::chrono::seconds(3);
  size_t before = 0;
  Clock::time_point since = Clock::now();
  while (!done()) {
    poll();
    const Clock::time_point now = Clock::now();
    if (std::exchange(before, progress_) != progress_) since = now;
    if (now - since > kPatience) return false;
  }
  return true;
}

void Load::read(uint64_t key) {
  Publisher* const publisher =
      key < kPublishers ? nullptr : &publishers_[key - kPublishers];
  const int fd = publisher != nullptr ? publisher->fd() : streams_[key].fd;
  const ssize_t size = ::recv(fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
  if (size < 0 && errno == EAGAIN) return;
  const std::string_view bytes(buffer_.data(),
                               size > 0 ? static_cast<size_t>(size) : 0);
  if (size > 0) {
    publisher != nullptr ? read_answer(*publisher, bytes)
                         : read_stream(streams_[key], bytes);
    return;
  }
  if (publisher != nullptr) fail("a publisher's connection was closed");
  ++closed_;
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
}

void Load::read_stream(Stream& stream, std::string_view bytes) {
  const bool had_head = stream.reader.head_read();
  const Clock::time_point now = Clock::now();
  stream.reader.feed(bytes, [&](uint32_t number) {
    ++progress_;
    if (ledger_) ledger_->arrived(stream.place, number, now);
  });
  if (had_head || !stream.reader.head_read()) return;
  if (!stream.reader.accepted()) fail("a stream was refused:", bytes);
  ++ready_;
  ++progress_;
}

void Load::connect(size_t count) {
  const size_t wanted = streams_.size() + count;
  const double cpu = cpu_seconds();
  const Clock::time_point begin = Clock::now();
  const bool done = poll_until([&] {
    if (closed_ > 0) fail("a stream was closed");
    while (streams_.size() < std::min(wanted, ready_ + kConnecting)) {
      open_stream();
    }
    return ready_ == wanted;
  });
  if (!done) fail("streams do not get their heads");
  fmt::print("{{\"streams\": {}, \"seconds\": {:.6f}, \"cpu\": {:.6f}}}\n",
             wanted, seconds_between(begin, Clock::now()), cpu_seconds() - cpu);
}

void Load::open_publishers(size_t count) {
  for (size_t i = 0; i < count; ++i) {
    publishers_.emplace_back(open_socket());
    watch(publishers_.back().fd(), kPublishers + i);
  }
}

void Load::close_publishers() {
  for (const Publisher& publisher : publishers_) ::close(publisher.fd());
  publishers_.clear();
}

void Load::publish_next(Publisher& publisher) {
  const uint32_t number = next_++;
  const std::string body = frames_ ? event_frame(number, phase_.size)
                                   : event_data(number, phase_.size);
  ledger_->sent(number, Clock::now());
  if (!publisher.post(phase_.target, body)) fail("cannot publish");
}

void Load::read_answer(Publisher& publisher, std::string_view bytes) {
  if (!publisher.take(bytes)) return;
  if (!publisher.accepted()) fail("publish answered", publisher.answer());
  ++answered_;
  ++progress_;
  const bool more = next_ - first_ < phase_.count;
  if (more && !phase_.alone) publish_next(publisher);
}

// All that has been published has been answered, and has arrived.
bool Load::settled() const {
  const size_t published = next_ - first_;
  return answered_ == published &&
         ledger_->deliveries() >= published * streams_.size();
}

bool Load::publish_rest() {
  for (Publisher& publisher : publishers_) publish_next(publisher);
  return poll_until([this] { return settled(); });
}

bool Load::publish_alone() {
  while (next_ - first_ < phase_.count) {
    if (!publish_rest()) return false;
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

size_t Load::lost() const {
  size_t sum = 0;
  for (const Stream& stream : streams_) sum += ledger_->lost(stream.place);
  return sum;
}

void Load::publish(const Phase& phase) {
  phase_ = phase;
  first_ = next_;
  answered_ = 0;
  for (Stream& stream : streams_) stream.place = {};
  ledger_.emplace(first_, phase.count, streams_.size(), phase.in_flight == 1);
  open_publishers(phase.in_flight);
  const double cpu = cpu_seconds();
  const Clock::time_point begin = Clock::now();
  phase.alone ? publish_alone() : publish_rest();
  const double seconds = seconds_between(begin, Clock::now());
  fmt::print(
      R"({{"events": {}, "deliveries": {}, "seconds": {:.6f}, "cpu": {:.6f}, )"
      R"("lost": {}, "out_of_order": {}, "closed": {}, )",
      phase.count, ledger_->deliveries(), seconds, cpu_seconds() - cpu, lost(),
      ledger_->out_of_order(), closed_);
  fmt::print("\"p50\": {}, \"p99\": {}, \"max\": {}}}\n", ledger_->latency(0.5),
             ledger_->latency(0.99), ledger_->latency(1));
  close_publishers();
}

void obey(Load& load, const std::string& line) {
  std::istringstream words(line);
  std::string command;
  size_t streams = 0;
  Phase phase;
  words >> command;
  if (command == "connect" && words >> streams) return load.connect(streams);
  words >> phase.count >> phase.size;
  if (command == "publish") words >> phase.in_flight;
  phase.alone = command == "alone";
  words >> phase.target;
  const bool known = phase.alone || command == "publish";
  if (!words || !known || phase.count < phase.in_flight ||
      phase.in_flight == 0) {
    fail("cannot do:", line);
  }
  load.publish(phase);
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  const std::span<char*> arguments(argv, static_cast<size_t>(argc));
  if (argc < 3) bench::fail("usage: bench-load PORT STREAM_TARGET [--frames]");
  const auto port = static_cast<uint16_t>(std::atoi(arguments[1]));
  const auto load = std::make_unique<bench::Load>(port, arguments[2], argc > 3);
  std::string line;
  while (std::getline(std::cin, line)) {
    bench::obey(*load, line);
    std::fflush(stdout);
  }
}

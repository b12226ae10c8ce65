// The floor of the benchmarks: the least that a program with epoll can do to
// send each event to every stream. It parses nothing, queues nothing and checks
// nothing; what any server spends beyond it is for what that server does more.
//
//   bench-floor [PORT]
//
// A connection that begins with G is a stream, and gets a head of as many bytes
// as Rivulet's. One that begins with P is a publisher's: what follows the blank
// line goes to every stream as it is, and must come in one read. When nothing
// was published for a while, all streams get Rivulet's heartbeat at once.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace {

constexpr std::string_view kHead =
    "HTTP/1.1 200 OK\r\n"
    "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
    "Content-Type: text/event-stream\r\n"
    "Cache-Control: no-cache, no-transform\r\n"
    "X-Accel-Buffering: no\r\n"
    "Access-Control-Allow-Origin: *\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Transfer-Encoding: chunked\r\n\r\n"
    "16\r\nretry: 3000\n: rivulet\n\r\n";
constexpr std::string_view kAnswer =
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view kBlankLine = "\r\n\r\n";
constexpr std::string_view kHeartbeat = "2\r\n:\n\r\n";
constexpr time_t kHeartbeatSeconds = 15;

std::vector<int> streams;
bool published = false;  // since the last tick of the heartbeat

void send_all(int fd, std::string_view bytes) {
  ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

int listen_on(uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // inherited
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd, raw, size) != 0 || ::listen(fd, SOMAXCONN) != 0 ||
      ::getsockname(fd, raw, &size) != 0) {
    std::perror("bench-floor");
    std::exit(1);
  }
  std::fprintf(stderr, "listening port=%d\n", ntohs(address.sin_port));
  return fd;
}

int start_heartbeat() {
  const int fd = ::timerfd_create(CLOCK_MONOTONIC, 0);
  const timespec wait{.tv_sec = kHeartbeatSeconds, .tv_nsec = 0};
  const itimerspec ticks{.it_interval = wait, .it_value = wait};
  ::timerfd_settime(fd, 0, &ticks, nullptr);
  return fd;
}

void beat(int timer) {
  uint64_t ticks = 0;
  if (::read(timer, &ticks, sizeof ticks) < 0) return;
  if (!published) {
    for (const int stream : streams) send_all(stream, kHeartbeat);
  }
  published = false;
}

void watch(int epoll, int fd) {
  epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

void accept_all(int epoll, int listener) {
  int fd = 0;
  while ((fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0) {
    watch(epoll, fd);
  }
}

void serve(int fd) {
  static std::array<char, 65536 * 2> buffer;
  const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), 0);
  if (size <= 0) {
    std::erase(streams, fd);
    ::close(fd);
  } else if (buffer[0] == 'G') {
    streams.push_back(fd);
    send_all(fd, kHead);
  } else if (buffer[0] == 'P') {
    std::string_view frame(buffer.data(), static_cast<size_t>(size));
    frame.remove_prefix(frame.find(kBlankLine) + kBlankLine.size());
    for (const int stream : streams) send_all(stream, frame);
    published = true;
    send_all(fd, kAnswer);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int port = argc > 1 ? std::atoi(argv[1]) : 0;
  const int listener = listen_on(static_cast<uint16_t>(port));
  const int epoll = ::epoll_create1(0);
  const int timer = start_heartbeat();
  watch(epoll, listener);
  watch(epoll, timer);
  for (std::array<epoll_event, 512> ready{};;) {
    const int count = ::epoll_wait(epoll, ready.data(), ready.size(), -1);
    for (int i = 0; i < count; ++i) {
      const int fd = ready[static_cast<size_t>(i)].data.fd;
      if (fd == listener) {
        accept_all(epoll, listener);
      } else if (fd == timer) {
        beat(timer);
      } else {
        serve(fd);
      }
    }
  }
}

// Tests os/listener.h: listening sockets, their options and their files.
#include "os/listener.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <latch>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include "../support/socket_pair.h"
#include "../support/temp_folder.h"
#include "os/address.h"

namespace rivulet::os {
namespace {

using test::TempFolder;

UniqueFd connect_to(std::string_view text) {
  const Address address = parse_address(text);
  UniqueFd fd(
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::connect(fd.get(), address.raw(), address.size) == 0);
  return fd;
}

// The errno with which listening fails; nothing when it does not.
std::optional<int> failure_of(std::string_view address,
                              const ListenerOptions& options = {}) {
  try {
    const Listener listener(address, options);
    return std::nullopt;
  } catch (const std::system_error& error) {
    CHECK(std::string_view(error.what()).find(address) !=
          std::string_view::npos);
    return error.code().value();
  }
}

// Leaves a socket file that nobody listens on, as a crash does.
void leave_stale_socket(const std::string& path) {
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const Address address = parse_address("unix:" + path);
  REQUIRE(::bind(fd.get(), address.raw(), address.size) == 0);
}

TEST_CASE("a listener says which port the kernel chose") {
  const Listener listener("127.0.0.1:0");
  CHECK(listener.address().starts_with("127.0.0.1:"));
  CHECK(listener.address() != "127.0.0.1:0");
  CHECK(connect_to(listener.address()).valid());
}

TEST_CASE("waiting connections are accepted one by one, then none waits") {
  const Listener listener("127.0.0.1:0");
  CHECK(listener.accept().status == AcceptStatus::kNoneWaiting);
  const UniqueFd first = connect_to(listener.address());
  const UniqueFd second = connect_to(listener.address());
  for (const UniqueFd* client : {&first, &second}) {
    const AcceptResult result = listener.accept();
    REQUIRE(result.status == AcceptStatus::kAccepted);
    REQUIRE(result.socket.valid());
    Address address;
    REQUIRE(::getsockname(client->get(), address.raw(), &address.size) == 0);
    CHECK(result.socket.peer_address() == to_string(address));
  }
  const AcceptResult none = listener.accept();
  CHECK(none.status == AcceptStatus::kNoneWaiting);
  CHECK_FALSE(none.socket.valid());
}

TEST_CASE("an accepted socket does not block, delay or outlive an exec") {
  const Listener listener("127.0.0.1:0");
  CHECK((::fcntl(listener.fd(), F_GETFL) & O_NONBLOCK) != 0);
  CHECK((::fcntl(listener.fd(), F_GETFD) & FD_CLOEXEC) != 0);
  const UniqueFd client = connect_to(listener.address());
  const AcceptResult result = listener.accept();
  REQUIRE(result.status == AcceptStatus::kAccepted);
  const int fd = result.socket.fd();
  CHECK((::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
  CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  int no_delay = 0;
  socklen_t size = sizeof(no_delay);
  REQUIRE(::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size) == 0);
  CHECK(no_delay != 0);
}

TEST_CASE("without a descriptor left the connection goes on waiting") {
  const Listener listener("127.0.0.1:0");
  const UniqueFd client = connect_to(listener.address());
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  rlimit tight = limit;
  {
    const UniqueFd next(::dup(client.get()));  // the lowest that is free
    tight.rlim_cur = static_cast<rlim_t>(next.get());
  }
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &tight) == 0);
  const AcceptStatus refused = listener.accept().status;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
  CHECK(refused == AcceptStatus::kNoDescriptors);
  CHECK(listener.accept().status == AcceptStatus::kAccepted);
}

TEST_CASE("an address in use and one that is not ours are told apart") {
  const Listener listener("127.0.0.1:0");
  CHECK(failure_of(listener.address()) == EADDRINUSE);
  CHECK(failure_of("192.0.2.1:0") == EADDRNOTAVAIL);
}

TEST_CASE("a port is free again as soon as its listener is gone") {
  std::string address;
  UniqueFd client;
  UniqueFd accepted;
  {
    const Listener listener("127.0.0.1:0");
    address = listener.address();
    client = connect_to(address);
    // Our side closes first, and would stay in TIME_WAIT.
    CHECK(listener.accept().status == AcceptStatus::kAccepted);
  }
  CHECK(failure_of(address) == std::nullopt);
}

TEST_CASE("a listener knows whether strangers reach it") {
  const TempFolder folder;
  CHECK(Listener("127.0.0.1:0").local());
  CHECK(Listener("unix:" + folder.path_of("socket")).local());
  CHECK_FALSE(Listener("*:0").local());
}

TEST_CASE("an address that cannot be read is an invalid argument") {
  CHECK_THROWS_AS(Listener("nonsense"), std::invalid_argument);
}

TEST_CASE("a unix socket has a file while it listens") {
  const TempFolder folder;
  const std::string path = folder.path_of("socket");
  const std::string address = "unix:" + path;
  {
    const Listener listener(address);
    CHECK(listener.address() == address);
    CHECK(std::filesystem::is_socket(path));
    const UniqueFd client = connect_to(address);
    CHECK(listener.accept().status == AcceptStatus::kAccepted);
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a socket file left by a crash is replaced") {
  const TempFolder folder;
  const std::string path = folder.path_of("socket");
  leave_stale_socket(path);
  REQUIRE(std::filesystem::is_socket(path));
  const Listener listener("unix:" + path);
  CHECK(connect_to("unix:" + path).valid());
}

TEST_CASE("the socket of a running server is left alone") {
  const TempFolder folder;
  const std::string address = "unix:" + folder.path_of("socket");
  const Listener running(address);
  CHECK(failure_of(address) == EADDRINUSE);
  CHECK(connect_to(address).valid());
}

TEST_CASE("of those that replace a socket file at once, one does") {
  constexpr int kRounds = 200;
  const TempFolder folder;
  const std::string path = folder.path_of("socket");
  int rounds_with_one = 0;
  for (int round = 0; round < kRounds; ++round) {
    leave_stale_socket(path);
    std::array<std::optional<Listener>, 4> all;
    std::latch start(std::ssize(all));
    {
      std::vector<std::jthread> threads;
      for (std::optional<Listener>& one : all) {
        threads.emplace_back([&] {
          start.arrive_and_wait();
          try {
            one.emplace("unix:" + path);
          } catch (const std::system_error&) {
            // The others.
          }
        });
      }
    }
    const auto listening = std::ranges::count_if(
        all, [](const auto& one) { return one.has_value(); });
    rounds_with_one += listening == 1 ? 1 : 0;
    CHECK(connect_to("unix:" + path).valid());
  }
  CHECK(rounds_with_one == kRounds);
}

TEST_CASE("a folder that somebody else keeps locked is waited for no longer") {
  const TempFolder folder;
  const UniqueFd held(
      ::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  REQUIRE(::flock(held.get(), LOCK_EX) == 0);
  CHECK(failure_of("unix:" + folder.path_of("socket")) == std::nullopt);
}

TEST_CASE("a file that is no socket is never removed") {
  const TempFolder folder;
  const std::string path = folder.write("precious", "data");
  CHECK(failure_of("unix:" + path) == EADDRINUSE);
  CHECK(std::filesystem::file_size(path) == 4);
  leave_stale_socket(folder.path_of("socket"));
  std::filesystem::create_symlink("socket", folder.path_of("link"));
  CHECK(failure_of("unix:" + folder.path_of("link")) == EADDRINUSE);
  CHECK(std::filesystem::is_symlink(folder.path_of("link")));
}

// As chmod(1) writes it.
unsigned mode_of(const std::string& path) {
  return static_cast<unsigned>(std::filesystem::status(path).permissions());
}

TEST_CASE(
    "a unix socket has the mode that is asked for, or that of the umask") {
  const TempFolder folder;
  const mode_t before = ::umask(0027);
  const Listener usual("unix:" + folder.path_of("usual"));
  const Listener narrow("unix:" + folder.path_of("narrow"), {.mode = 0600});
  const Listener wide("unix:" + folder.path_of("wide"), {.mode = 0766});
  CHECK(::umask(before) == 0027);
  CHECK(mode_of(folder.path_of("usual")) == 0750);
  CHECK(mode_of(folder.path_of("narrow")) == 0600);
  CHECK(mode_of(folder.path_of("wide")) == 0766);
}

TEST_CASE("a listener removes no file that took the place of its own") {
  const TempFolder folder;
  const std::string path = folder.path_of("socket");
  std::optional<Listener> second;
  {
    const Listener first("unix:" + path);
    std::filesystem::remove(path);
    second.emplace("unix:" + path);
  }
  CHECK(connect_to("unix:" + path).valid());
  second.reset();
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("several listeners share a port only when each asks for it") {
  const ListenerOptions shared{.reuse_port = true};
  const Listener first("127.0.0.1:0", shared);
  CHECK(failure_of(first.address()) == EADDRINUSE);
  CHECK(failure_of(first.address(), shared) == std::nullopt);
  const Listener alone("127.0.0.1:0");
  CHECK(failure_of(alone.address(), shared) == EADDRINUSE);
}

bool ipv6_here() {
  return failure_of("[::]:0") == std::nullopt;
}

TEST_CASE("IPv6's wildcard takes IPv4 too, and counts it as that" *
          doctest::skip(!ipv6_here())) {
  const Listener listener("[::]:0");
  const std::string port =
      listener.address().substr(listener.address().rfind(':'));
  CHECK(listener.address() == "[::]" + port);
  const UniqueFd client = connect_to("127.0.0.1" + port);
  const AcceptResult result = listener.accept();
  REQUIRE(result.status == AcceptStatus::kAccepted);
  CHECK(result.socket.peer_address().starts_with("127.0.0.1:"));
  CHECK(result.peer == peer_group(parse_address("127.0.0.1:1")));
}

TEST_CASE("or leaves it to another listener" * doctest::skip(!ipv6_here())) {
  const Listener ipv4("0.0.0.0:0");
  const std::string port = ipv4.address().substr(ipv4.address().rfind(':'));
  CHECK(failure_of("[::]" + port) == EADDRINUSE);
  const Listener ipv6("[::]" + port, {.ipv6_only = true});
  const UniqueFd client = connect_to("127.0.0.1" + port);
  CHECK(ipv4.accept().status == AcceptStatus::kAccepted);
  CHECK(ipv6.accept().status == AcceptStatus::kNoneWaiting);
}

TEST_CASE("a unix socket in a folder that is missing is refused") {
  const TempFolder folder;
  CHECK(failure_of("unix:" + folder.path_of("missing/socket")) == ENOENT);
}

}  // namespace
}  // namespace rivulet::os

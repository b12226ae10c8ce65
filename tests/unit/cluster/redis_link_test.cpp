// Tests cluster/redis_link.h when memory runs out, with a Redis that says "OK"
// to all: the link comes back, and its owner hears of each loss.
#include "cluster/redis_link.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <new>
#include <string>
#include <string_view>
#include <variant>

#include "../support/out_of_memory.h"
#include "../support/temp_folder.h"
#include "os/unique_fd.h"

namespace rivulet::cluster {
namespace {

using test::at_each_allocation;
using test::Fault;

// Takes no memory, for it works while there is none.
class FakeRedis {
 public:
  explicit FakeRedis(std::string_view path)
      : listener_(
            ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path.size() < sizeof(address.sun_path));
    std::ranges::copy(path, std::begin(address.sun_path));
    const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
    REQUIRE(::bind(listener_.get(), generic, sizeof(address)) == 0);
    REQUIRE(::listen(listener_.get(), 16) == 0);
  }

  // Takes the newest connection and answers what it asks.
  void serve() {
    const int fd = ::accept4(listener_.get(), nullptr, nullptr,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) connection_.reset(fd);
    std::array<char, 4096> buffer{};
    const ssize_t size =
        ::recv(connection_.get(), buffer.data(), buffer.size(), 0);
    constexpr std::string_view kOk = "+OK\r\n";
    for (ssize_t i = 0; i < size; ++i) {
      if (buffer[static_cast<size_t>(i)] != '*') continue;  // a command
      ::send(connection_.get(), kOk.data(), kOk.size(), MSG_NOSIGNAL);
    }
  }
  void hang_up() { connection_.reset(); }

 private:
  os::UniqueFd listener_;
  os::UniqueFd connection_;
};

RedisAddress parsed(const std::string& text) {
  return std::get<RedisAddress>(parse_redis_address(text));
}

struct Bench final : RedisLink::Owner {
  void on_up() override { ++ups; }
  void on_reply(const RedisReply& /*reply*/) override {}
  void on_down() override { ++downs; }

  // One turn of the loop, as the server has it.
  void turn(base::Duration wait = base::Duration(0)) {
    try {
      link.run_due();
    } catch (const std::bad_alloc&) {
      link.start_over("no memory");
    }
    reactor.turn(reactor.now() + wait);
    redis.serve();
  }
  void work() {
    for (int n = 0; n < 8; ++n) turn();
  }
  // However long it pauses between two attempts.
  void come_up() {
    for (int n = 0; n < 500 && !link.up(); ++n) turn(base::Duration(10));
    REQUIRE(link.up());
  }

  const test::TempFolder folder;
  FakeRedis redis{folder.path_of("redis")};
  const RedisAddress address =
      parsed("unix://a-user-with-a-long-name:pw@" + folder.path_of("redis"));
  base::Random random{1};
  os::Reactor reactor;
  int ups = 0;
  int downs = 0;
  RedisLink link{reactor, random, address, *this};
};

TEST_CASE("a link that finds no memory while it connects comes back") {
  if (!can_speak_to_redis()) return;
  at_each_allocation([](Fault& fault) {
    Bench bench;
    fault.during([&] { bench.work(); });
    bench.come_up();
    CHECK(bench.ups == bench.downs + 1);
  });
}

TEST_CASE("whoever has a link hears of its loss, though there is no memory") {
  if (!can_speak_to_redis()) return;
  at_each_allocation([](Fault& fault) {
    Bench bench;
    bench.come_up();
    bench.redis.hang_up();
    fault.during([&] { bench.turn(); });
    CHECK_FALSE(bench.link.up());
    CHECK(bench.downs == 1);
    CHECK_FALSE(bench.link.problem().empty());
    bench.come_up();
  });
}

// Nobody listens there: each attempt ends, and is followed by another.
TEST_CASE("a link that finds no memory while it looks up a host tries again") {
  if (!can_speak_to_redis()) return;
  const RedisAddress address = parsed("redis://127.0.0.1:1");
  at_each_allocation([&address](Fault& fault) {
    Bench bench;
    RedisLink link(bench.reactor, bench.random, address, bench);
    fault.during([&] {
      for (int n = 0; n < 3; ++n) {
        try {
          link.run_due();
        } catch (const std::bad_alloc&) {
          link.start_over("no memory");
        }
      }
    });
    CHECK(link.next().has_value());
    while (link.watched()) bench.reactor.turn(bench.reactor.now());
    CHECK_FALSE(link.up());
  });
}

}  // namespace
}  // namespace rivulet::cluster

// Tests os/resolver.h: from names to addresses, without waiting.
#include "os/resolver.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>

#include "cluster/redis_connection.h"
#include "os/ip_address.h"

namespace rivulet::os {
namespace {

Resolver::Answer answer_to(const std::string& host) {
  Resolver resolver(host);
  for (;;) {
    if (auto answer = resolver.poll()) return *answer;
    std::this_thread::yield();
  }
}

TEST_CASE("an address is its own answer, at once") {
  for (const std::string host : {"192.0.2.1", "2001:db8::1"}) {
    Resolver resolver(host);
    const auto answer = resolver.poll();
    REQUIRE(answer);
    CHECK(answer->addresses == std::vector{host});
    CHECK(answer->problem == "");
  }
}

TEST_CASE("a name that is known comes to its addresses, and to no problem") {
  if (!cluster::can_speak_to_redis()) return;
  const Resolver::Answer answer = answer_to("localhost");
  REQUIRE_FALSE(answer.addresses.empty());
  for (const std::string& address : answer.addresses) {
    CHECK(IpAddress::parse(address)->is_loopback());
  }
  CHECK(answer.problem == "");
}

TEST_CASE("what cannot be a name has no address, and it is said why") {
  const Resolver::Answer answer = answer_to(std::string(300, 'x'));
  CHECK(answer.addresses.empty());
  CHECK(answer.problem != "");
}

}  // namespace
}  // namespace rivulet::os

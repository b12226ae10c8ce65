// Tests cluster/redis_address.h: what the operator writes, and what is shown.
#include "cluster/redis_address.h"

#include <doctest/doctest.h>

namespace rivulet::cluster {
namespace {

RedisAddress parsed(std::string_view text) {
  auto result = parse_redis_address(text);
  REQUIRE(std::holds_alternative<RedisAddress>(result));
  return std::get<RedisAddress>(std::move(result));
}

std::string problem(std::string_view text) {
  auto result = parse_redis_address(text);
  REQUIRE(std::holds_alternative<std::string>(result));
  return std::get<std::string>(std::move(result));
}

TEST_CASE("a host has its port and its database, or those of Redis") {
  const RedisAddress plain = parsed("redis://db.example");
  CHECK(plain.host == "db.example");
  CHECK(plain.port == 6379);
  CHECK(plain.database == 0);
  CHECK(plain.path.empty());
  const RedisAddress full = parsed("redis://ana:p%40ss%3A@[2001:db8::1]:7/15");
  CHECK(full.host == "2001:db8::1");
  CHECK(full.port == 7);
  CHECK(full.database == 15);
  CHECK(full.user == "ana");
  CHECK(full.password == "p@ss:");
}

TEST_CASE("a unix socket has a path") {
  for (const char* scheme : {"redis+unix://", "unix://"}) {
    const RedisAddress address =
        parsed(std::string(scheme) + ":secret@/run/redis.sock?db=2");
    CHECK(address.path == "/run/redis.sock");
    CHECK(address.host.empty());
    CHECK(address.user.empty());
    CHECK(address.password == "secret");
    CHECK(address.database == 2);
  }
}

TEST_CASE("the path of a unix socket may hold an '@', a password a '/'") {
  CHECK(parsed("redis+unix:///run/a@b.sock").path == "/run/a@b.sock");
  const RedisAddress both = parsed("unix://ana:pw@/run/a@b.sock");
  CHECK(both.path == "/run/a@b.sock");
  CHECK(both.user == "ana");
  CHECK(both.password == "pw");
  CHECK(parsed("redis://:pass/word@h").password == "pass/word");
}

TEST_CASE("a database is a number, but not any") {
  CHECK(parsed("redis://h/999999").database == 999'999);
  CHECK(problem("redis://h/1000000") ==
        "the database is a number from 0 to 999999");
}

TEST_CASE("TLS is refused with what to do instead") {
  CHECK(problem("rediss://h").find("stunnel") != std::string::npos);
}

TEST_CASE("what is wrong is said without the password") {
  for (const char* text :
       {"redis://u:secret@h:0", "redis://u:secret@", "http://u:secret@h",
        "redis://u:secret@h/x", "redis+unix://u:secret@r", "redis://secret@h",
        "redis://u:%zzsecret@h"}) {
    CAPTURE(text);
    CHECK(problem(text).find("secret") == std::string::npos);
  }
}

TEST_CASE("logs show where it is and not who we are") {
  CHECK(to_string(parsed("redis://u:p@h:7/3")) == "h:7 db 3");
  CHECK(to_string(parsed("redis://[::1]")) == "[::1]:6379");
  CHECK(to_string(parsed("unix://u:p@/r.sock")) == "unix:/r.sock");
}

}  // namespace
}  // namespace rivulet::cluster

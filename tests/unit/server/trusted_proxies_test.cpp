// Tests server/trusted_proxies.h: which lists are taken, and whom they trust.
#include "server/trusted_proxies.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

namespace rivulet::server {
namespace {

os::Peer at(std::string_view address) {
  return {.ip = os::IpAddress::parse(address)};
}

constexpr os::Peer kUnix{.on_unix_socket = true};

TEST_CASE("unless told, nobody is trusted") {
  const TrustedProxies none;
  CHECK(none.nobody());
  CHECK_FALSE(none.trusts(at("127.0.0.1")));
  CHECK_FALSE(none.trusts(kUnix));
  CHECK_FALSE(none.trusts(os::Peer{}));
}

TEST_CASE("addresses, networks and unix sockets are trusted where listed") {
  const auto some = TrustedProxies::parse("10.0.0.0/8, 2001:db8::1\t127.0.0.1");
  CHECK_FALSE(some.nobody());
  CHECK(some.trusts(at("10.1.2.3")));
  CHECK(some.trusts(at("::ffff:10.1.2.3")));
  CHECK(some.trusts(at("2001:db8::1")));
  CHECK(some.trusts(at("127.0.0.1")));
  CHECK_FALSE(some.trusts(at("127.0.0.2")));
  CHECK_FALSE(some.trusts(at("2001:db8::2")));
  CHECK_FALSE(some.trusts(kUnix));
  CHECK_FALSE(some.trusts(os::Peer{}));
  const auto local = TrustedProxies::parse("unix:");
  CHECK(local.trusts(kUnix));
  CHECK_FALSE(local.trusts(at("127.0.0.1")));
  CHECK_FALSE(local.trusts(os::Peer{}));
}

TEST_CASE("anything else is refused by name") {
  for (const std::string word :
       {"localhost", "*", "10.0.0.1/8", "10.0.0.0/33", "unix:/a", "unix",
        "[::1]", "127.0.0.1:80", "10.0.0.0/8;127.0.0.1"}) {
    CAPTURE(word);
    try {
      (void)TrustedProxies::parse("127.0.0.1," + word);
      FAIL("taken");
    } catch (const std::invalid_argument& error) {
      CHECK(std::string(error.what()).find("'" + word + "'") !=
            std::string::npos);
    }
  }
  for (const std::string text : {"", " ", ","}) {
    CHECK_THROWS_AS((void)TrustedProxies::parse(text), std::invalid_argument);
  }
}

}  // namespace
}  // namespace rivulet::server

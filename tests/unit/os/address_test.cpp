// Tests os/address.h: socket addresses as text.
#include "os/address.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>
#include <stdexcept>

namespace rivulet::os {
namespace {

std::string round_trip(std::string_view text) {
  return to_string(parse_address(text));
}

TEST_CASE("numeric addresses are read and written alike") {
  for (const std::string text :
       {"127.0.0.1:3000", "0.0.0.0:0", "255.255.255.255:65535", "[::1]:3000",
        "[::]:0", "[2001:db8::1]:65535", "unix:/run/rivulet.sock",
        "unix:relative.sock", "unix:/with:colon"}) {
    CAPTURE(text);
    CHECK(round_trip(text) == text);
  }
}

TEST_CASE("localhost and the star stand for IPv4 addresses") {
  CHECK(round_trip("localhost:3000") == "127.0.0.1:3000");
  CHECK(round_trip("*:80") == "0.0.0.0:80");
}

TEST_CASE("IPv4 within IPv6 is written as IPv4") {
  CHECK(round_trip("[::ffff:192.0.2.1]:80") == "192.0.2.1:80");
  CHECK(round_trip("[::ffff:0:0]:80") == "0.0.0.0:80");
  CHECK(round_trip("[::fffe:1:2]:80") != "0.1.0.2:80");
}

TEST_CASE("an address has the family and the length that the kernel wants") {
  const Address in = parse_address("127.0.0.1:80");
  CHECK(in.raw()->sa_family == AF_INET);
  CHECK(in.size == sizeof(sockaddr_in));
  const Address in6 = parse_address("[::1]:80");
  CHECK(in6.raw()->sa_family == AF_INET6);
  CHECK(in6.size == sizeof(sockaddr_in6));
  const Address un = parse_address("unix:/a");
  CHECK(un.raw()->sa_family == AF_UNIX);
  CHECK(un.size == sizeof(sockaddr_un));
}

TEST_CASE("a text that is no address is refused with the text and a reason") {
  for (const std::string text : {"",
                                 "3000",
                                 ":",
                                 ":3000",
                                 "localhost",
                                 "localhost:",
                                 "127.0.0.1",
                                 "127.0.0.1:",
                                 "127.0.0.1:-1",
                                 "127.0.0.1:+1",
                                 "127.0.0.1:65536",
                                 "127.0.0.1:80 ",
                                 "127.0.0.1:http",
                                 "127.0.0.1:0x50",
                                 "127.0.0:80",
                                 "127.0.0.1.1:80",
                                 "256.0.0.1:80",
                                 "example.com:80",
                                 " 127.0.0.1:80",
                                 "[]:80",
                                 "[::1:80",
                                 "::1]:80",
                                 "[127.0.0.1]:80",
                                 "[::1]",
                                 "[::g]:80",
                                 "unix:",
                                 "UNIX:/a",
                                 "**:80"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS((void)parse_address(text),
                         doctest::Contains(text.c_str()),
                         std::invalid_argument);
  }
}

TEST_CASE("the reason of a refusal can be told without the text") {
  try {
    (void)parse_address("nowhere");
    FAIL("taken");
  } catch (const AddressError& error) {
    CHECK(error.reason() == "expected HOST:PORT or unix:/path");
    CHECK(error.what() == "'nowhere': " + error.reason());
  }
}

TEST_CASE("an IPv6 address without brackets is refused: its port is a guess") {
  CHECK_THROWS_AS((void)parse_address("::1:3000"), std::invalid_argument);
  CHECK_THROWS_AS((void)parse_address("2001:db8::1"), std::invalid_argument);
}

TEST_CASE("loopback and unix sockets are local, and nothing else is") {
  for (const std::string text :
       {"127.0.0.1:1", "127.255.255.255:1", "localhost:1", "[::1]:1", "unix:/a",
        "[::ffff:127.0.0.1]:1"}) {
    CAPTURE(text);
    CHECK(is_local(parse_address(text)));
  }
  for (const std::string text :
       {"*:1", "0.0.0.0:1", "[::]:1", "126.255.255.255:1", "128.0.0.1:1",
        "192.0.2.127:1", "[2001:db8::1]:1", "[::2]:1",
        "[::ffff:192.0.2.1]:1"}) {
    CAPTURE(text);
    CHECK_FALSE(is_local(parse_address(text)));
  }
}

TEST_CASE("who listens everywhere is found on loopback") {
  const auto found = [](std::string_view text) {
    return to_string(reachable(parse_address(text)));
  };
  CHECK(found("*:3000") == "127.0.0.1:3000");
  CHECK(found("0.0.0.0:1") == "127.0.0.1:1");
  CHECK(found("[::]:3000") == "[::1]:3000");
  CHECK(found("[::ffff:0.0.0.0]:3000") == "127.0.0.1:3000");
  for (const std::string text :
       {"127.0.0.2:1", "192.0.2.1:1", "[2001:db8::1]:1", "unix:/a"}) {
    CHECK(found(text) == text);
  }
}

TEST_CASE("a unix path has up to 107 bytes") {
  const std::string longest = "unix:/" + std::string(106, 'x');
  CHECK(round_trip(longest) == longest);
  CHECK_THROWS_AS((void)parse_address(longest + "x"), std::invalid_argument);
}

TEST_CASE("a unix peer without a path is called unix") {
  Address address;
  address.storage.ss_family = AF_UNIX;
  address.size = sizeof(sa_family_t);
  CHECK(to_string(address) == "unix");
}

// As the kernel gives it: `size` bytes of a name, a NUL in front or none
// behind.
Address unix_address(std::string_view name) {
  sockaddr_un un{};
  REQUIRE(name.size() <= sizeof(un.sun_path));
  un.sun_family = AF_UNIX;
  std::memcpy(un.sun_path, name.data(), name.size());
  Address address;
  std::memset(&address.storage, 'x', sizeof(address.storage));
  std::memcpy(&address.storage, &un, sizeof(un));
  address.size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  return address;
}

TEST_CASE("a unix path ends with its place where it has no NUL") {
  const std::string path = "/" + std::string(107, 'x');
  CHECK(to_string(unix_address(path)) == "unix:" + path);
}

TEST_CASE("a name in the abstract namespace is written with an @") {
  CHECK(to_string(unix_address(std::string_view("\0name", 5))) == "unix:@name");
  CHECK(to_string(unix_address(std::string_view("\0a\0b", 4))) ==
        "unix:@a\\x00b");
  CHECK(is_local(unix_address(std::string_view("\0name", 5))));
}

TEST_CASE("an address of a family that is not known is not taken for local") {
  for (const int family : {AF_UNSPEC, AF_PACKET}) {
    Address address;
    address.storage.ss_family = static_cast<sa_family_t>(family);
    CHECK_FALSE(is_local(address));
  }
}

TEST_CASE("peers count as one by IPv4 address or by the /64 of IPv6") {
  const auto group = [](const std::string& host) {
    return peer_group(parse_address(host + ":1"));
  };
  CHECK(group("192.0.2.1") != group("192.0.2.2"));
  CHECK(group("[2001:db8:1:2::1]") == group("[2001:db8:1:2:ffff::9]"));
  CHECK(group("[2001:db8:1:2::1]") != group("[2001:db8:1:3::1]"));
  CHECK(group("[::ffff:192.0.2.1]") == group("192.0.2.1"));
  for (const std::string host : {"127.0.0.1", "0.0.0.0", "[::1]", "[::]"}) {
    CAPTURE(host);
    CHECK(group(host) != 0);
  }
  CHECK(group("[::1]") != group("127.0.0.1"));
  CHECK(peer_group(parse_address("unix:/run/rivulet.sock")) == 0);
}

}  // namespace
}  // namespace rivulet::os

// Tests os/ip_address.h: addresses and networks as text, and what they hold.
#include "os/ip_address.h"

#include <doctest/doctest.h>

#include <string>

namespace rivulet::os {
namespace {

std::string round_trip(std::string_view text) {
  const auto address = IpAddress::parse(text);
  return address ? address->to_string() : "none";
}

TEST_CASE("addresses are read and written in their shortest form") {
  CHECK(round_trip("192.0.2.1") == "192.0.2.1");
  CHECK(round_trip("0.0.0.0") == "0.0.0.0");
  CHECK(round_trip("2001:DB8:0:0::1") == "2001:db8::1");
  CHECK(round_trip("::1") == "::1");
  CHECK(round_trip("::") == "::");
  CHECK(round_trip("::ffff:192.0.2.1") == "192.0.2.1");
  CHECK(IpAddress::parse("::ffff:c000:201") == IpAddress::parse("192.0.2.1"));
  CHECK(IpAddress::ipv4(0xc0000201) == *IpAddress::parse("192.0.2.1"));
}

TEST_CASE("what is no address is none") {
  for (const std::string text : {"",           " ",
                                 "1",          "1.2.3",
                                 "1.2.3.4.5",  "1.2.3.256",
                                 "01.2.3.4",   "0x1.2.3.4",
                                 "1.2.3.4 ",   " 1.2.3.4",
                                 "1.2.3.4:80", "[::1]",
                                 "::1%lo",     "fe80::1%eth0",
                                 ":::",        "1:2",
                                 "::g",        "localhost",
                                 "*",          "2001:db8::1::2",
                                 "1.2.3.4/8"}) {
    CAPTURE(text);
    CHECK_FALSE(IpAddress::parse(text));
  }
  CHECK_FALSE(IpAddress::parse(std::string(100'000, ':')));
  CHECK_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0", 8)));
}

TEST_CASE("nobody has an unspecified address") {
  CHECK(IpAddress().unspecified());
  CHECK(IpAddress::parse("::")->unspecified());
  CHECK(IpAddress::parse("0.0.0.0")->unspecified());
  CHECK_FALSE(IpAddress::parse("::1")->unspecified());
  CHECK_FALSE(IpAddress::parse("0.0.0.1")->unspecified());
}

TEST_CASE("this machine's own addresses are loopback, and no others are") {
  for (const std::string text :
       {"127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"}) {
    CAPTURE(text);
    CHECK(IpAddress::parse(text)->is_loopback());
  }
  for (const std::string text :
       {"126.0.0.1", "128.0.0.1", "0.0.0.0", "::", "::2", "1::1", "7f00::1"}) {
    CAPTURE(text);
    CHECK_FALSE(IpAddress::parse(text)->is_loopback());
  }
}

TEST_CASE("an IPv6 address is told from all else") {
  for (const std::string text :
       {"::", "::1", "2001:db8::1", "::ffff:1.2.3.4"}) {
    CAPTURE(text);
    CHECK(is_ipv6(text));
  }
  for (const std::string text :
       {"", "1.2.3.4", "[::1]", "::g", "1:2", "::1%lo"}) {
    CAPTURE(text);
    CHECK_FALSE(is_ipv6(text));
  }
  CHECK_FALSE(is_ipv6(std::string_view("::1\0junk", 8)));
}

TEST_CASE("one group is an IPv4 address or an IPv6 /64") {
  const auto group = [](std::string_view text) {
    return IpAddress::parse(text)->group();
  };
  CHECK(group("192.0.2.1") != group("192.0.2.2"));
  CHECK(group("2001:db8:1:2::1") == group("2001:db8:1:2:ffff::9"));
  CHECK(group("2001:db8:1:2::1") != group("2001:db8:1:3::1"));
  CHECK(group("::ffff:192.0.2.1") == group("192.0.2.1"));
}

bool holds(std::string_view network, std::string_view address) {
  const auto read = IpNetwork::parse(network);
  REQUIRE(read);
  return read->contains(*IpAddress::parse(address));
}

TEST_CASE("a network holds what begins as it does") {
  CHECK(holds("10.0.0.0/8", "10.0.0.0"));
  CHECK(holds("10.0.0.0/8", "10.255.255.255"));
  CHECK_FALSE(holds("10.0.0.0/8", "11.0.0.0"));
  CHECK(holds("192.0.2.128/25", "192.0.2.255"));
  CHECK_FALSE(holds("192.0.2.128/25", "192.0.2.127"));
  CHECK(holds("192.0.2.1", "192.0.2.1"));
  CHECK_FALSE(holds("192.0.2.1", "192.0.2.0"));
  CHECK(holds("192.0.2.1/32", "::ffff:192.0.2.1"));
  CHECK(holds("0.0.0.0/0", "203.0.113.9"));
  CHECK_FALSE(holds("0.0.0.0/0", "2001:db8::1"));
  CHECK(holds("2001:db8::/33", "2001:db8:7fff::1"));
  CHECK_FALSE(holds("2001:db8::/33", "2001:db8:8000::1"));
  CHECK(holds("2001:db8::1", "2001:db8::1"));
  CHECK(holds("::/0", "2001:db8::1"));
}

TEST_CASE("what is no network is none") {
  for (const std::string text :
       {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8",
        "10.0.0.0/8 ", "10.0.0.1/8", "10.0.0.0/255.0.0.0", "2001:db8::/129",
        "2001:db8::1/64", "10/8", "10.*", "10.0.0.0-10.0.0.9", "host"}) {
    CAPTURE(text);
    CHECK_FALSE(IpNetwork::parse(text));
  }
}

}  // namespace
}  // namespace rivulet::os

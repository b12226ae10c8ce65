// Tests server/forwarded.h: who the client is, by what proxies say and clients
// make up.
#include "server/forwarded.h"

#include <doctest/doctest.h>

#include <string>

#include "../support/parse.h"

namespace rivulet::server {
namespace {

// The address that is believed when a proxy in 10/8 or fd00::/8 sends this.
std::string client(std::string_view fields) {
  static const auto trusted = TrustedProxies::parse("10.0.0.0/8, fd00::/8");
  test::Parsed parsed{http::RequestLimits{}};
  const std::string text =
      "GET / HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n";
  parsed.feed(text, text.size());
  REQUIRE(parsed.complete());
  const auto address = forwarded_client(parsed.request(), trusted);
  return address ? address->to_string() : "proxy";
}

std::string usual(std::string_view value) {
  return client("X-Forwarded-For: " + std::string(value) + "\r\n");
}

std::string standard(std::string_view value) {
  return client("Forwarded: " + std::string(value) + "\r\n");
}

struct Row {
  std::string_view value;
  std::string_view believed;
};

TEST_CASE("without a word the proxy stands for itself") {
  CHECK(client("") == "proxy");
  CHECK(client("X-Real-IP: 192.0.2.1\r\n") == "proxy");
}

TEST_CASE("X-Forwarded-For is read from the right to who is not trusted") {
  for (const Row& row : {
           Row{"192.0.2.1", "192.0.2.1"},
           Row{"192.0.2.1:4711", "192.0.2.1"},
           Row{"2001:db8::1", "2001:db8::1"},
           Row{"[2001:db8::1]", "2001:db8::1"},
           Row{"[2001:db8::1]:4711", "2001:db8::1"},
           Row{"::ffff:192.0.2.1", "192.0.2.1"},
           Row{"192.0.2.1, 10.0.0.2", "192.0.2.1"},
           Row{"192.0.2.1,fd00::2,10.0.0.2", "192.0.2.1"},
           Row{"1.1.1.1, 192.0.2.1, 10.0.0.2", "192.0.2.1"},
           Row{"10.0.0.9, 192.0.2.1", "192.0.2.1"},
           Row{"garbage, 192.0.2.1, 10.0.0.2", "192.0.2.1"},
           Row{"127.0.0.1, 192.0.2.1", "192.0.2.1"},
           // All are trusted: the one that is furthest away.
           Row{"10.0.0.3, 10.0.0.2", "10.0.0.3"},
       }) {
    CAPTURE(row.value);
    CHECK(usual(row.value) == row.believed);
  }
}

TEST_CASE("what cannot be told ends there, and the last proxy stands for it") {
  for (const std::string_view value : {"",
                                       "unknown",
                                       "_hidden",
                                       "192.0.2.1,",
                                       ",",
                                       "192.0.2.1, unknown",
                                       "192.0.2.1 10.0.0.2",
                                       "192.0.2.1;",
                                       "0.0.0.0",
                                       "::",
                                       "192.0.2.256",
                                       "192.0.2.1:",
                                       "192.0.2.1:x",
                                       "192.0.2.1:123456",
                                       "[192.0.2.1]",
                                       "[2001:db8::1",
                                       "2001:db8::1]",
                                       "[]",
                                       "[2001:db8::1]x",
                                       "fe80::1%eth0",
                                       "\"192.0.2.1\"",
                                       "host.example",
                                       "for=192.0.2.1"}) {
    CAPTURE(value);
    CHECK(usual(value) == "proxy");
    CHECK(usual(std::string(value) + ", 10.0.0.2") == "10.0.0.2");
  }
}

TEST_CASE("several lines are one list") {
  CHECK(client("X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 192.0.2.1\r\n"
               "X-Forwarded-For: 10.0.0.3, 10.0.0.2\r\n") == "192.0.2.1");
  CHECK(client("Forwarded: for=1.1.1.1\r\nForwarded: for=192.0.2.1\r\n"
               "Forwarded: for=10.0.0.2\r\n") == "192.0.2.1");
  // What a client has left open does not reach into the proxy's line.
  CHECK(client("Forwarded: for=\"1.1.1.1\r\nForwarded: for=192.0.2.1\r\n") ==
        "192.0.2.1");
}

TEST_CASE("Forwarded names addresses with ports, quoted where they must be") {
  for (const Row& row : {
           Row{"for=192.0.2.1", "192.0.2.1"},
           Row{"For=192.0.2.1;proto=https;by=203.0.113.43", "192.0.2.1"},
           Row{"proto=https ; FOR=\"192.0.2.1:4711\"", "192.0.2.1"},
           Row{"for=\"[2001:db8::1]\"", "2001:db8::1"},
           Row{"for=\"[2001:db8::1]:4711\"", "2001:db8::1"},
           Row{"for=\"[2001:db8::1]:_port\"", "2001:db8::1"},
           Row{"for=\"192.0.2.\\1\"", "192.0.2.1"},
           Row{"host=\"a, b; for=1.1.1.1\";for=192.0.2.1", "192.0.2.1"},
           Row{";;for=192.0.2.1;", "192.0.2.1"},
           Row{"for=1.1.1.1, for=192.0.2.1,for=10.0.0.2", "192.0.2.1"},
           Row{"for=unknown, for=192.0.2.1", "192.0.2.1"},
           Row{"for=192.0.2.1, for=\"[fd00::2]\"", "192.0.2.1"},
       }) {
    CAPTURE(row.value);
    CHECK(standard(row.value) == row.believed);
  }
}

TEST_CASE("what is hidden or malformed in Forwarded is the proxy's") {
  for (const std::string_view value :
       {"", "for=unknown", "for=_hidden", "for=\"_hidden:_port\"",
        "proto=https", "for=", "for", "=192.0.2.1", "for=\"192.0.2.1",
        "for=\"192.0.2.1\\", "for=\"192.0.2.1\"x", "for=192.0.2.1:80",
        "for=[2001:db8::1]", "for=2001:db8::1", "for=\"2001:db8::1\"",
        "for=192.0.2.1;for=1.1.1.1", "for=192.0.2.1,", "for = 192.0.2.1",
        "192.0.2.1", "for=192.0.2.1 proto=https", "for=\"\"",
        // What a client sends to swallow the rest of the line.
        "for=1.1.1.1;x=\", for=192.0.2.1",
        "for=1.1.1.1;x=\", for=\"[2001:db8::1]\"",
        "for=1.1.1.1;x=\"\\, for=\"[2001:db8::1]\""}) {
    CAPTURE(value);
    CHECK(standard(value) == "proxy");
  }
  CHECK(standard("for=192.0.2.1, for=_a, for=10.0.0.2") == "10.0.0.2");
}

TEST_CASE("both fields agree, or neither is believed") {
  const std::string usual_line = "X-Forwarded-For: 192.0.2.1\r\n";
  CHECK(client(usual_line + "Forwarded: for=192.0.2.1\r\n") == "192.0.2.1");
  CHECK(client(usual_line + "Forwarded: for=1.1.1.1\r\n") == "proxy");
  CHECK(client(usual_line + "Forwarded: for=unknown\r\n") == "proxy");
  CHECK(client("X-Forwarded-For: x\r\nForwarded: for=192.0.2.1\r\n") ==
        "proxy");
}

TEST_CASE("many hops and absurd lengths come to an end") {
  std::string hops = "192.0.2.1";
  std::string elements = "for=192.0.2.1";
  for (int n = 0; n < 31; ++n) {
    hops += ",10.0.0.2";
    elements += ",for=10.0.0.2";
  }
  CHECK(usual(hops) == "192.0.2.1");
  CHECK(standard(elements) == "192.0.2.1");
  CHECK(usual(hops + ",10.0.0.2") == "10.0.0.2");
  CHECK(standard(elements + ",for=10.0.0.2") == "10.0.0.2");
  constexpr size_t kLong = 30'000;
  CHECK(usual(std::string(kLong, ',')) == "proxy");
  CHECK(usual(std::string(kLong, '1')) == "proxy");
  CHECK(usual(std::string(kLong, ',') + "192.0.2.1") == "192.0.2.1");
  CHECK(standard(std::string(kLong, ',') + "for=192.0.2.1") == "192.0.2.1");
  CHECK(standard(std::string(kLong, ';')) == "proxy");
  CHECK(standard("for=\"" + std::string(kLong, '\\')) == "proxy");
}

}  // namespace
}  // namespace rivulet::server

// Tests server/client_addresses.h: through connections and streams, what is
// shown and counted of clients behind a proxy on a unix socket.
#include "server/client_addresses.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "../support/stream_client.h"
#include "server/stream.h"

namespace rivulet::server {
namespace {

using test::Client;
using test::ServerBench;

Settings trusting(std::string_view proxies) {
  Settings settings = test::default_settings();
  settings.trusted_proxies = TrustedProxies::parse(proxies);
  settings.max_streams_per_address = 2;
  return settings;
}

std::string get_stream(std::string_view client) {
  return "GET /stream/ana HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: " +
         std::string(client) + "\r\n\r\n";
}

std::vector<std::string> addresses(const ServerBench& bench) {
  std::vector<std::string> all;
  bench.context.hub.for_each_subscriber(
      [&](const hub::Subscriber& s) { all.push_back(s.status().address); });
  return all;
}

bool opens(Client& client, std::string_view address) {
  return client.ask(get_stream(address)).find(": rivulet") != std::string::npos;
}

using Strings = std::vector<std::string>;

TEST_CASE("a stream is shown at the address that a trusted proxy names") {
  ServerBench bench(trusting("unix:"));
  Client one(bench);
  CHECK(opens(one, "192.0.2.1"));
  CHECK(addresses(bench) == Strings{"192.0.2.1"});
  Client two(bench);
  CHECK(opens(two, "2001:db8:1111:2222:3333:4444:5555:6666"));
  CHECK(addresses(bench).back() == "2001:db8:1111:2222:3333:4444:5555:6666");
  Client nameless(bench);
  CHECK(opens(nameless, "unknown"));
  CHECK(addresses(bench).back() == "unix");
}

TEST_CASE("nobody else is believed") {
  for (const bool some : {false, true}) {
    ServerBench bench(some ? trusting("127.0.0.1") : test::default_settings());
    Client client(bench);
    CHECK(opens(client, "192.0.2.1"));
    CHECK(addresses(bench) == Strings{"unix"});
  }
}

TEST_CASE("clients behind one proxy are limited one by one") {
  ServerBench bench(trusting("unix:"));
  std::vector<std::unique_ptr<Client>> clients;
  const auto one_more_opens = [&](std::string_view address) {
    clients.push_back(std::make_unique<Client>(bench));
    return opens(*clients.back(), address);
  };
  CHECK(one_more_opens("192.0.2.1"));
  CHECK(one_more_opens("192.0.2.1"));
  CHECK_FALSE(one_more_opens("192.0.2.1"));
  CHECK_FALSE(one_more_opens("203.0.113.9, 192.0.2.1"));  // as the client says
  CHECK(one_more_opens("192.0.2.2"));
  CHECK(one_more_opens("2001:db8::1"));
  CHECK(one_more_opens("2001:db8::2"));
  CHECK_FALSE(one_more_opens("2001:db8::3"));
  clients.erase(clients.begin());  // one has left
  bench.work();
  CHECK(one_more_opens("192.0.2.1"));
  CHECK_FALSE(one_more_opens("192.0.2.1"));
}

TEST_CASE("each request of a connection may be for another client") {
  ServerBench bench(trusting("unix:"));
  Client client(bench);
  client.ask(
      "GET /livez HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n");
  client.ask("GET /stream/ana HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(addresses(bench) == Strings{"unix"});
}

TEST_CASE("a descriptor that is used again forgets who was there") {
  ServerBench bench(trusting("unix:"));
  {
    Client first(bench);
    CHECK(opens(first, "192.0.2.1"));
  }
  bench.work();
  for (int n = 0; n < 3; ++n) {
    Client next(bench);
    next.ask("GET /stream/ana HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(addresses(bench) == Strings{"unix"});
    next.pair.peer.reset();
    bench.work();
  }
}

TEST_CASE("what a proxy said is forgotten when it is trusted no longer") {
  ServerBench bench(trusting("unix:"));
  Client client(bench);
  client.ask(
      "GET /livez HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 192.0.2.1\r\n"
      "\r\n");
  bench.context.reload(test::default_settings());
  CHECK(opens(client, "192.0.2.1"));
  CHECK(addresses(bench) == Strings{"unix"});
}

TEST_CASE("a socket that is gone, or none, has no address to forget") {
  const Settings settings = trusting("unix:");
  ClientAddresses known(settings);
  known.forget(os::Socket());
  CHECK(known.text(os::Socket()) == "gone");
}

}  // namespace
}  // namespace rivulet::server

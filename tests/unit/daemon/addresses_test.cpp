// Tests daemon/addresses.h: lists of addresses, and what goes with them.
#include "daemon/addresses.h"

#include <doctest/doctest.h>

#include <string>

#include "daemon/option_error.h"
#include "reading.h"

namespace rivulet::daemon {
namespace {

// Why it is refused; empty when it is not.
template <typename Attempt>
std::string refusal_of(Attempt attempt) {
  try {
    attempt();
    return "";
  } catch (const OptionError& error) {
    return error.what();
  }
}

std::string refusal_of_list(std::string_view value) {
  return refusal_of([value] { (void)parse_addresses(value); });
}

TEST_CASE("addresses stand between commas, with or without blanks") {
  CHECK(parse_addresses("*:1") == Addresses{"*:1"});
  CHECK(parse_addresses("*:1,unix:/a b") == Addresses{"*:1", "unix:/a b"});
  CHECK(parse_addresses("[::1]:1 ,\tlocalhost:2,  unix:/a") ==
        Addresses{"[::1]:1", "localhost:2", "unix:/a"});
  CHECK(join(parse_addresses("*:1,unix:/a")) == "*:1, unix:/a");
}

TEST_CASE("of several addresses the wrong one is named") {
  CHECK(refusal_of_list("nowhere") == "expected HOST:PORT or unix:/path");
  CHECK(refusal_of_list("*:1, nowhere") ==
        "'nowhere': expected HOST:PORT or unix:/path");
  for (const std::string value :
       {",", "*:1,", ",*:1", "*:1,,*:2", "*:1, ,*:2"}) {
    CAPTURE(value);
    CHECK(refusal_of_list(value) == "'': expected HOST:PORT or unix:/path");
  }
}

TEST_CASE("an address that is there twice is refused, however it is written") {
  CHECK(refusal_of_list("127.0.0.1:1, localhost:1") ==
        "'localhost:1' is listened on already");
  CHECK(refusal_of_list("*:1, 0.0.0.0:1") ==
        "'0.0.0.0:1' is listened on already");
  CHECK(refusal_of_list("unix:/a, unix:/a") ==
        "'unix:/a' is listened on already");
  CHECK(refusal_of_list("unix:/a:0, unix:/a:0") != "");
  CHECK(refusal_of_list("[::]:1, *:1, [::1]:1, 127.0.0.1:1, *:2") == "");
}

TEST_CASE("port 0 is another port each time") {
  CHECK(refusal_of_list("*:0, *:0") == "");
}

TEST_CASE("a port goes to each address that has one") {
  CHECK(join(with_port({"*:1", "unix:/a:1", "[::]:2"}, 3)) ==
        "*:3, unix:/a:1, [::]:3");
  CHECK(with_port({}, 3).empty());
  CHECK(refusal_of([] {
          (void)with_port({"unix:/a", "unix:/b"}, 3);
        }) == "a unix socket in 'listen' has no port");
  CHECK(refusal_of([] {
          (void)with_port({"*:1", "*:2"}, 3);
        }) == "'*:3' is listened on already");
}

TEST_CASE("a mode is three octal digits") {
  CHECK(parse_mode("660") == 0660);
  CHECK(parse_mode("0600") == 0600);
  CHECK(parse_mode("777") == 0777);
  CHECK(parse_mode("000") == 0);
}

TEST_CASE("an address is public or the operator's, not both") {
  CHECK(refusal({"--listen=*:1", "--admin-listen=unix:/a, *:1"}) ==
        "--admin-listen: 'unix:/a, *:1': '*:1' is listened on already");
  CHECK(names(refusal({"--admin-listen=127.0.0.1:80"}, {{"PORT", "80"}}),
              "--admin-listen: '127.0.0.1:80': "));
  CHECK(refusal({"--listen=*:0", "--admin-listen=*:0"}) == "");
}

TEST_CASE("a list may be given several times: all of it is one list") {
  const std::string file = "listen = *:1\nretry = 1s\nlisten = *:2, *:3\n";
  CHECK(join(options({"--listen", "*:1", "--listen=unix:/a,*:2"})
                 .settings.listen) == "*:1, unix:/a, *:2");
  CHECK(join(options_of_file(file).settings.listen) == "*:1, *:2, *:3");
  CHECK(options({"--allow-origin=https://a.example",
                 "--allow-origin=https://b.example"})
            .settings.allow_origins.size() == 2);
}

TEST_CASE("a list goes before another one as a whole") {
  const std::string file = "listen = *:1\nlisten = *:2\n";
  CHECK(join(options({"--config=conf", "--listen=*:3"}, {}, file)
                 .settings.listen) == "*:3");
  CHECK(join(options_of_file(file, {{"RIVULET_LISTEN", "*:4, *:5"}})
                 .settings.listen) == "*:4, *:5");
}

TEST_CASE("each line of a list is held to account, and told") {
  CHECK(refusal_of_file("listen = *:1\n\nlisten = nowhere\n") ==
        "conf:1, conf:3: listen: '*:1, nowhere': 'nowhere': expected HOST:PORT "
        "or unix:/path");
  const std::string overruled = "listen = *:1\nlisten = nowhere\n";
  CHECK(names(refusal({"--config=conf", "--listen=*:3"}, {}, overruled),
              "conf:1, conf:2: listen: '*:1, nowhere'"));
}

TEST_CASE("a printed list is one line") {
  const Options all = options({"--listen=*:1", "--listen=unix:/a", "--port=2"});
  CHECK(all.sources[index_of(*find_row("listen"))]->value == "*:2, unix:/a");
}

}  // namespace
}  // namespace rivulet::daemon

// Tests each row of daemon/option_table.h: what its value may be, and what is
// said when it is something else. A row that is missing here fails.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "../support/temp_folder.h"
#include "daemon/option_table.h"
#include "reading.h"

namespace rivulet::daemon {
namespace {

struct Limits {
  std::string name;
  // At the limits and between them.
  std::vector<std::string> good;
  // Just past the limits, and of another kind.
  std::vector<std::string> bad;
  // What every refusal says is allowed; a part of it at least.
  std::string allowed;
};

using Rows = std::vector<Limits>;

// Long: one row an option.
Rows limits_of_who_may_come(const test::TempFolder& folder) {
  const std::string file = folder.write("file", "");
  return {
      {"config", {"conf"}, {"", "missing"}, "No such file"},
      {"listen",
       {"127.0.0.1:0", "*:65535", "[::1]:1", "localhost:1", "unix:/a",
        "*:1,[::]:1 , unix:/a"},
       {"127.0.0.1:65536", "127.0.0.1:-1", "[::1]:65536", "*:1, *:x"},
       "a port is a number from 0 to 65535"},
      {"port",
       {"0", "1", "65535"},
       {"-1", "65536", "", "x", "1.0"},
       "from 0 to 65535"},
      {"admin-listen",
       {"127.0.0.1:0", "unix:/a", "*:1,unix:/a"},
       {"", "nowhere", "3001", ",", "*:1,", "*:1,,*:2"},
       "expected HOST:PORT or unix:/path"},
      {"socket-mode",
       {"000", "600", "660", "0660", "777"},
       {"", "66", "66x", "888", "668", "1777", "00660", "rw-", "-60"},
       "expected three octal digits such as 660"},
      {"reuse-port",
       {"on", "off"},
       {"", "yes", "ON", "1", "true"},
       "expected on or off"},
      {"publish-token",
       {std::string(16, '!'), std::string(512, '~')},
       {"", std::string(15, 'x'), std::string(513, 'x'), "olá-olá-olá-olá"},
       "a token "},
      {"publish-token-file",
       {folder.write("tokens", std::string(16, 'x') + "\n")},
       {"", file + "-missing", folder.path()},
       "it cannot be read"},
      {"subscribe-key-file",
       {folder.write("keys", std::string(32, 'x') + "\n")},
       {"", file + "-missing", folder.path()},
       "it cannot be read"},
      {"allow-origin",
       {"*", "https://a.example", "https://a.example, http://localhost:3000"},
       {"", "null", "a.example", "https://a.example/", "*, https://a.example"},
       "allowed is * or origins"},
      {"trusted-proxy",
       {"127.0.0.1", "10.0.0.0/8, 2001:db8::1,unix:", "::/0"},
       {"", "proxy.example", "10.0.0.0/33", "127.0.0.1:80", "2001:db8::/129"},
       "allowed are addresses, networks and unix:"},
      {"www",
       {"", folder.path()},
       {file, file + "-missing"},
       "must be a folder"},
  };
}

// Long: one row an option.
Rows limits_of_streams() {
  return {
      {"heartbeat",
       {"100ms", "101ms", "59m", "1h"},
       {"99ms", "3600001ms", "0s", "", "15", "soon", "1d", "1.5s", "-1s"},
       "from 100ms to 1h"},
      {"retry",
       {"0ms", "1ms", "1h"},
       {"-1ms", "3600001ms", "2h", "3"},
       "from 0ms to 1h"},
      {"max-event-bytes",
       {"1", "2B", "16MiB"},
       {"0", "16777217", "17MiB", "", "many", "64KB", "1.5MiB", "-1"},
       "from 1B to 16MiB"},
      {"history-events",
       {"0", "1", "1000000000"},
       {"-1", "1000000001", "", "1KiB"},
       "from 0 to 1000000000"},
      {"history-bytes",
       {"4KiB", "4097", "1024GiB"},
       {"4095", "1025GiB", ""},
       "from 4KiB to 1024GiB"},
      {"queue-bytes",
       {"4KiB", "4097", "1GiB"},
       {"4095", "1073741825", "x"},
       "from 4KiB to 1GiB"},
      {"memory-limit",
       {"1MiB", "1024GiB"},
       {"1048575", "1025GiB", "x"},
       "from 1MiB to 1024GiB"},
      {"max-streams",
       {"0", "1", "1000000000"},
       {"-1", "1000000001", "", "many"},
       "from 0 to 1000000000"},
      {"max-streams-per-address",
       {"0", "1", "1000000000"},
       {"-1", "1000000001", ""},
       "from 0 to 1000000000"},
      {"max-streams-per-id",
       {"0", "1", "1000000000"},
       {"-1", "1000000001", ""},
       "from 0 to 1000000000"},
  };
}

Rows limits_of_waiting() {
  return {
      {"header-timeout",
       {"100ms", "101ms", "1h"},
       {"99ms", "3600001ms", "1"},
       "from 100ms to 1h"},
      {"keepalive-timeout",
       {"100ms", "24h"},
       {"99ms", "86400001ms", "1"},
       "from 100ms to 24h"},
      {"write-timeout",
       {"100ms", "1h"},
       {"99ms", "3600001ms", "1"},
       "from 100ms to 1h"},
      {"drain-timeout",
       {"0ms", "1ms", "1h"},
       {"-1ms", "3600001ms", "1"},
       "from 0ms to 1h"},
  };
}

Rows limits_of_redis_and_the_log() {
  return {
      {"redis",
       {"redis://h", "redis://h:1/0", "redis://u:p@[::1]:65535/15",
        "redis+unix:///r.sock?db=3", "unix://:p@/r.sock"},
       {"", "h:6379", "rediss://h", "redis://", "redis://h:0",
        "redis://h:65536", "redis://h/x", "redis://u@h", "redis+unix://r.sock",
        "unix:///r.sock?x=1", "redis://[::1", "redis://[::1]6379"},
       ""},
      {"redis-prefix",
       {"r", "{rivulet}", std::string(128, 'x')},
       {"", std::string(129, 'x')},
       "1 to 128 bytes"},
      {"redis-events", {"1", "100000"}, {"0", "-1", "many"}, "from 1 to"},
      {"redis-wait",
       {"0s", "1h"},
       {"-1ms", "3600001ms", "1"},
       "from 0ms to 1h"},
      {"log-level",
       {"debug", "info", "warning", "error"},
       {"", "loud", "INFO", "1"},
       "debug, info, warning or error"},
      {"log-format", {"logfmt", "json"}, {"", "xml", "JSON"}, "logfmt or json"},
      {"access-log",
       {"on", "off"},
       {"", "yes", "ON", "1", "true"},
       "expected on or off"},
  };
}

const Rows& all_limits() {
  static const test::TempFolder folder;
  static const Rows rows = [] {
    Rows all;
    for (const Rows& some :
         {limits_of_who_may_come(folder), limits_of_streams(),
          limits_of_waiting(), limits_of_redis_and_the_log()}) {
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  }();
  return rows;
}

bool goes_into_a_file(const Limits& limits) {
  return find_row(limits.name)->trait != Trait::kNotInFile;
}

// The refusal through each source, of which each names the option and the
// value: "--retry: 'x': …".
std::vector<std::string> refusals(const Limits& limits,
                                  const std::string& value) {
  const std::string shown =
      ": '" + shown_value(*find_row(limits.name), value) + "': ";
  const auto starts = [&shown](const std::string& said,
                               const std::string& name) {
    CHECK(said.starts_with(name + shown));
    return said;
  };
  std::vector<std::string> all{
      starts(refusal({flag(limits.name), value}), flag(limits.name)),
      starts(refusal({}, {{variable(limits.name), value}}),
             variable(limits.name))};
  if (goes_into_a_file(limits)) {
    all.push_back(starts(refusal_of_file("\n" + limits.name + " = " + value),
                         "conf:2: " + limits.name));
  }
  return all;
}

TEST_CASE("each option has its limits here, in the table's order") {
  std::vector<std::string> in_table;
  for (const Row& row : option_rows()) in_table.emplace_back(row.name);
  std::vector<std::string> here;
  for (const Limits& limits : all_limits()) here.push_back(limits.name);
  CHECK(here == in_table);
}

TEST_CASE("values at and within their limits are taken from everywhere") {
  for (const Limits& limits : all_limits()) {
    CAPTURE(limits.name);
    for (const std::string& value : limits.good) {
      CAPTURE(value);
      CHECK(refusal({flag(limits.name), value}) == "");
      CHECK(refusal({}, {{variable(limits.name), value}}) == "");
      if (!goes_into_a_file(limits)) continue;
      CHECK(refusal_of_file(limits.name + " = " + value) == "");
    }
  }
}

TEST_CASE("values past their limits are refused from everywhere, with those") {
  for (const Limits& limits : all_limits()) {
    CAPTURE(limits.name);
    REQUIRE_FALSE(limits.bad.empty());
    for (const std::string& value : limits.bad) {
      CAPTURE(value);
      for (const std::string& said : refusals(limits, value)) {
        CAPTURE(said);
        CHECK(names(said, limits.allowed));
        CHECK_FALSE(names(said, "\n"));
      }
    }
  }
}

TEST_CASE("each default is a value that may be set") {
  for (const Row& row : option_rows()) {
    if (row.default_value.empty()) continue;
    CAPTURE(row.name);
    CHECK(refusal({flag(row.name), std::string(row.default_value)}) == "");
  }
}

TEST_CASE("an address that is none says what one looks like") {
  CHECK(names(refusal({"--listen", "nowhere"}), "HOST:PORT or unix:/path"));
  CHECK(names(refusal({"--listen", "example.com:1"}), "numeric address"));
  CHECK(names(refusal({"--listen", "unix:"}), "a path is missing"));
}

TEST_CASE("a value of another kind is refused with an example") {
  CHECK(names(refusal({"--retry", "3"}), "such as 15s"));
  CHECK(names(refusal({"--queue-bytes", "1MB"}), "such as 64KiB"));
}

}  // namespace
}  // namespace rivulet::daemon

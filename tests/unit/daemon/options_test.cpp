// Tests daemon/options.h: where values come from, their limits, and that every
// refusal names its option.
#include "daemon/options.h"

#include <doctest/doctest.h>

#include <array>
#include <cctype>
#include <map>
#include <string>
#include <vector>

namespace rivulet::daemon {
namespace {

using Arguments = std::vector<std::string>;
using Variables = std::map<std::string, std::string>;

Options options(const Arguments& arguments, const Variables& variables = {}) {
  return read_options(
      arguments,
      [&variables](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        if (found == variables.end()) return std::nullopt;
        return found->second;
      });
}

std::string listen_of(const Arguments& arguments,
                      const Variables& variables = {}) {
  return options(arguments, variables).settings.listen;
}

// What an operator is told; empty when nothing is refused.
std::string refusal(const Arguments& arguments,
                    const Variables& variables = {}) {
  try {
    (void)options(arguments, variables);
    return "";
  } catch (const OptionError& error) {
    const std::string message = error.what();
    CHECK_FALSE(message.empty());
    CHECK(message.find('\n') == std::string::npos);
    return message;
  }
}

bool names(const std::string& message, const std::string& option) {
  return message.find(option) != std::string::npos;
}

constexpr std::array<std::string_view, 18> kNames{"listen",
                                                  "port",
                                                  "www",
                                                  "heartbeat",
                                                  "retry",
                                                  "max-event-bytes",
                                                  "history-events",
                                                  "history-bytes",
                                                  "queue-bytes",
                                                  "memory-limit",
                                                  "max-streams",
                                                  "max-streams-per-address",
                                                  "max-streams-per-id",
                                                  "header-timeout",
                                                  "keepalive-timeout",
                                                  "write-timeout",
                                                  "drain-timeout",
                                                  "log-level"};

std::string variable(std::string_view name) {
  std::string result = "RIVULET_";
  for (const char c : name) {
    result += c == '-' ? '_' : static_cast<char>(std::toupper(c));
  }
  return result;
}

TEST_CASE("without a word everything has its default") {
  const Options all = options({});
  CHECK(all.settings.listen == "127.0.0.1:3000");
  CHECK(all.settings.www == "");
  CHECK(all.settings.heartbeat == base::Duration(15'000));
  CHECK(all.settings.retry == base::Duration(3'000));
  CHECK(all.settings.max_event_bytes == 64 * 1024);
  CHECK(all.settings.history.events == 10'000);
  CHECK(all.settings.history.bytes == 16 * 1024 * 1024);
  CHECK(all.settings.queue_bytes == 1024 * 1024);
  CHECK(all.settings.header_timeout == base::Duration(10'000));
  CHECK(all.settings.keepalive_timeout == base::Duration(75'000));
  CHECK(all.settings.drain_timeout == base::Duration(10'000));
  CHECK(all.log_level == base::LogLevel::kInfo);
  CHECK_FALSE(all.help);
  CHECK_FALSE(all.version);
}

TEST_CASE("a flag takes its value after a space or an equals sign") {
  CHECK(options({"--retry", "5s"}).settings.retry == base::Duration(5'000));
  CHECK(options({"--retry=5s"}).settings.retry == base::Duration(5'000));
  CHECK(options({"--www=/a=b"}).settings.www == "/a=b");
  CHECK(options({"--www="}).settings.www == "");
  CHECK(options({"--www", ""}).settings.www == "");
  CHECK(options({"--www", "--retry"}).settings.www == "--retry");
}

TEST_CASE("the last of several values of a flag counts") {
  CHECK(options({"--retry", "5s", "--retry=7s"}).settings.retry ==
        base::Duration(7'000));
  CHECK(refusal({"--retry", "bad", "--retry=7s"}) == "");
}

TEST_CASE("a flag goes before the environment, and that before the default") {
  const Variables variables{{"RIVULET_RETRY", "9s"},
                            {"RIVULET_MAX_EVENT_BYTES", "1KiB"},
                            {"RIVULET_LOG_LEVEL", "debug"}};
  const Options all = options({"--retry", "5s"}, variables);
  CHECK(all.settings.retry == base::Duration(5'000));
  CHECK(all.settings.max_event_bytes == 1024);
  CHECK(all.log_level == base::LogLevel::kDebug);
  CHECK(all.settings.heartbeat == base::Duration(15'000));
}

TEST_CASE("a bad variable does no harm where a flag overrules it") {
  const Variables variables{{"RIVULET_RETRY", "bad"}};
  CHECK(refusal({"--retry", "5s"}, variables) == "");
  CHECK(names(refusal({}, variables), "RIVULET_RETRY"));
}

TEST_CASE("variables have the options' names and no others are looked at") {
  const Variables variables{{"RETRY", "9s"},
                            {"rivulet_retry", "9s"},
                            {"RIVULET_MAX-EVENT-BYTES", "1"},
                            {"RIVULET_UNKNOWN", "x"},
                            {"LISTEN", "x"}};
  const Options all = options({}, variables);
  CHECK(all.settings.retry == base::Duration(3'000));
  CHECK(all.settings.max_event_bytes == 64 * 1024);
  CHECK(all.settings.listen == "127.0.0.1:3000");
}

TEST_CASE("a port replaces the one in listen, from wherever it comes") {
  CHECK(listen_of({"--port", "80"}) == "127.0.0.1:80");
  CHECK(listen_of({"--port", "0"}) == "127.0.0.1:0");
  CHECK(listen_of({"--port", "65535"}) == "127.0.0.1:65535");
  CHECK(listen_of({"--listen", "*:1", "--port", "80"}) == "*:80");
  CHECK(listen_of({"--port", "80", "--listen", "*:1"}) == "*:80");
  CHECK(listen_of({"--listen", "[::1]:1", "--port", "80"}) == "[::1]:80");
  CHECK(listen_of({}, {{"PORT", "8080"}}) == "127.0.0.1:8080");
  CHECK(listen_of({}, {{"RIVULET_PORT", "8081"}}) == "127.0.0.1:8081");
  CHECK(listen_of({}, {{"PORT", "1"}, {"RIVULET_PORT", "2"}}) == "127.0.0.1:2");
  CHECK(listen_of({"--port", "80"}, {{"PORT", "1"}}) == "127.0.0.1:80");
  CHECK(listen_of({}, {{"RIVULET_LISTEN", "*:1"}, {"PORT", "2"}}) == "*:2");
  CHECK(listen_of({"--port", "3"}, {{"RIVULET_LISTEN", "*:1"}}) == "*:3");
}

TEST_CASE("a flag that names an address names its port too") {
  CHECK(listen_of({"--listen", "*:1"}, {{"PORT", "2"}}) == "*:1");
  CHECK(listen_of({"--listen", "*:1"}, {{"RIVULET_PORT", "2"}}) == "*:1");
  CHECK(listen_of({"--listen", "unix:/a"}, {{"PORT", "2"}}) == "unix:/a");
}

TEST_CASE("a port is a number from 0 to 65535") {
  for (const std::string port :
       {"", "-1", "+1", "65536", "http", "80 ", " 80", "0x50", "1.0", ":80"}) {
    CAPTURE(port);
    CHECK(names(refusal({"--port", port}), "--port"));
    CHECK(names(refusal({}, {{"PORT", port}}), "PORT"));
    CHECK(names(refusal({}, {{"RIVULET_PORT", port}}), "RIVULET_PORT"));
  }
}

TEST_CASE("a unix socket has no port") {
  const Arguments clash{"--listen", "unix:/a", "--port", "80"};
  CHECK(names(refusal(clash), "--port"));
  CHECK(names(refusal(clash), "listen"));
  CHECK(names(refusal({}, {{"RIVULET_LISTEN", "unix:/a"}, {"PORT", "80"}}),
              "PORT"));
}

TEST_CASE("a port can replace none in an address that has none") {
  // What comes out must not hide what was wrong, or be another address.
  for (const std::string address : {"localhost", "[::1]", "127.0.0.1"}) {
    CAPTURE(address);
    const Arguments arguments{"--listen", address, "--port", "80"};
    const std::string message = refusal(arguments);
    if (message.empty()) CHECK(listen_of(arguments) == address + ":80");
  }
}

struct Limited {
  std::string_view name;
  std::vector<std::string_view> good;
  std::vector<std::string_view> bad;
};

const std::vector<Limited>& limited() {
  static const std::vector<Limited> rows{
      {"heartbeat", {"100ms", "101ms", "1h"}, {"0s", "99ms", "3600001ms"}},
      {"retry", {"0ms", "1ms", "1h"}, {"-1ms", "3600001ms", "2h"}},
      {"max-event-bytes", {"1", "2", "16MiB"}, {"0", "16777217", "17MiB"}},
      {"history-events", {"0", "1", "1000000000"}, {"-1", "1000000001"}},
      {"history-bytes", {"4KiB", "1024GiB"}, {"4095", "1025GiB"}},
      {"queue-bytes", {"4KiB", "4097", "1GiB"}, {"4095", "1073741825"}},
      {"header-timeout", {"100ms", "1h"}, {"99ms", "3600001ms"}},
      {"keepalive-timeout", {"100ms", "24h"}, {"99ms", "86400001ms"}},
      {"write-timeout", {"100ms", "1h"}, {"99ms", "3600001ms"}},
      {"drain-timeout", {"0ms", "1h"}, {"3600001ms"}},
      {"memory-limit", {"1MiB", "1024GiB"}, {"1048575", "1025GiB"}},
      {"max-streams", {"0", "1000000000"}, {"-1", "1000000001", "many"}},
      {"max-streams-per-address", {"0", "1000000000"}, {"1000000001"}},
      {"max-streams-per-id", {"0", "1000000000"}, {"1000000001"}},
  };
  return rows;
}

TEST_CASE("values at and within their limits are taken") {
  for (const Limited& row : limited()) {
    for (const std::string_view value : row.good) {
      CAPTURE(row.name);
      CAPTURE(value);
      CHECK(refusal({"--" + std::string(row.name), std::string(value)}) == "");
    }
  }
}

TEST_CASE("values past their limits are refused by name, with the limits") {
  for (const Limited& row : limited()) {
    for (const std::string_view value : row.bad) {
      CAPTURE(row.name);
      CAPTURE(value);
      const std::string flag = "--" + std::string(row.name);
      const std::string by_flag = refusal({flag, std::string(value)});
      CHECK(names(by_flag, flag));
      CHECK(names(by_flag, std::string(value)));
      const std::string by_variable =
          refusal({}, {{variable(row.name), std::string(value)}});
      CHECK(names(by_variable, variable(row.name)));
    }
  }
  CHECK(names(refusal({"--heartbeat", "99ms"}), "from 100ms to 1h"));
  CHECK(names(refusal({"--queue-bytes", "1"}), "from 4KiB to 1GiB"));
}

TEST_CASE("values of another kind are refused by name, with an example") {
  for (const std::string name : {"heartbeat", "retry", "header-timeout",
                                 "keepalive-timeout", "drain-timeout"}) {
    for (const std::string value : {"", "15", "soon", "1d", "1.5s"}) {
      const std::string message = refusal({"--" + name, value});
      CHECK(names(message, "--" + name));
      CHECK(names(message, "15s"));
    }
  }
  for (const std::string name : {"max-event-bytes", "queue-bytes"}) {
    for (const std::string value : {"", "many", "64KB", "1.5MiB", "-1"}) {
      const std::string message = refusal({"--" + name, value});
      CHECK(names(message, "--" + name));
      CHECK(names(message, "64KiB"));
    }
  }
  CHECK(names(refusal({"--log-level", "loud"}), "warning"));
  CHECK(names(refusal({}, {{"RIVULET_LOG_LEVEL", ""}}), "RIVULET_LOG_LEVEL"));
}

TEST_CASE("what is no option is refused by its name") {
  for (const std::string argument :
       {"--unknown", "-p", "port", "--Port", "---port", "--", "", "8080",
        "--queue_bytes", "--unknown=1", "--help=yes", "-help"}) {
    CAPTURE(argument);
    const std::string message = refusal({argument, "80"});
    CHECK(names(message, argument.substr(0, argument.find('='))));
    CHECK(names(message, "--help"));
  }
}

TEST_CASE("a flag at the end without its value is refused by its name") {
  for (const std::string_view name : kNames) {
    const std::string flag = "--" + std::string(name);
    CHECK(names(refusal({flag}), flag));
  }
}

TEST_CASE("help and version are asked for by flags of their own") {
  CHECK(options({"--help"}).help);
  CHECK(options({"-h"}).help);
  CHECK(options({"--version"}).version);
  CHECK(options({"--help"}, {{"RIVULET_RETRY", "bad"}}).help);
}

TEST_CASE("the help lists every option, its variable and its default") {
  const std::string help = help_text();
  for (const std::string_view name : kNames) {
    CAPTURE(name);
    CHECK(names(help, "--" + std::string(name) + " "));
    CHECK(names(help, variable(name)));
  }
  for (const std::string text :
       {"127.0.0.1:3000", "15s", "64KiB", "1MiB", "75s", "default info",
        "--help", "--version"}) {
    CAPTURE(text);
    CHECK(names(help, text));
  }
  CHECK(help.ends_with('\n'));
}

TEST_CASE("no option is missing from these tests") {
  const std::string help = help_text();
  size_t flags = 0;
  for (size_t at = 0; (at = help.find("\n  --", at)) != std::string::npos;
       ++at) {
    ++flags;
  }
  CHECK(flags == kNames.size() + 2);  // --help and --version
}

TEST_CASE("a request has room for a status as large as an event may be") {
  for (const std::string size : {"1", "64KiB", "16MiB"}) {
    const Options all = options({"--max-event-bytes", size});
    CHECK(all.settings.request.target_bytes > all.settings.max_event_bytes);
  }
}

}  // namespace
}  // namespace rivulet::daemon

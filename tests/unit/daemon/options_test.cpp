// Tests daemon/options.h: where values come from and which of them counts, and
// that every refusal names its option. Each option's limits are in
// option_limits_test.cpp, files in option_file_test.cpp.
#include "daemon/options.h"

#include <doctest/doctest.h>

#include <string>

#include "../support/temp_folder.h"
#include "daemon/addresses.h"
#include "reading.h"

namespace rivulet::daemon {
namespace {

std::string listen_of(const Arguments& arguments,
                      const Variables& variables = {},
                      const std::string& file = {}) {
  return join(options(arguments, variables, file).settings.listen);
}

TEST_CASE("without a word everything has its default") {
  const Options all = options({});
  CHECK(join(all.settings.listen) == "127.0.0.1:3000");
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
  CHECK(all.config == "");
  CHECK(all.task == Task::kServe);
}

TEST_CASE("a flag takes its value after a space or an equals sign") {
  CHECK(options({"--retry", "5s"}).settings.retry == base::Duration(5'000));
  CHECK(options({"--retry=5s"}).settings.retry == base::Duration(5'000));
  CHECK(listen_of({"--listen=unix:a=b"}) == "unix:a=b");
  CHECK(options({"--www="}).settings.www == "");
  CHECK(options({"--www", ""}).settings.www == "");
  CHECK(names(refusal({"--retry", "--www"}), "--retry: '--www'"));
}

TEST_CASE("the last of several values of a flag counts, but for lists") {
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
  CHECK(join(all.settings.listen) == "127.0.0.1:3000");
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

TEST_CASE("a port does not make an address of what is none") {
  for (const std::string address : {"localhost", "[::1]", "127.0.0.1"}) {
    CAPTURE(address);
    CHECK(names(refusal({"--listen", address, "--port", "80"}), "--listen"));
  }
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
  for (const Row& row : option_rows()) {
    CHECK(names(refusal({flag(row.name)}), flag(row.name)));
  }
}

TEST_CASE("wrong flags are wrong usage, and what else is wrong is not") {
  CHECK_THROWS_AS((void)options({"--retry", "x"}), UsageError);
  CHECK_THROWS_AS((void)options({"--unknown"}), UsageError);
  CHECK_THROWS_AS((void)options({}, {{"PORT", "x"}}), ConfigError);
  CHECK_THROWS_AS((void)options_of_file("retry = x"), ConfigError);
  CHECK_THROWS_AS((void)options({"--config", "missing"}), ConfigError);
  CHECK_THROWS_AS((void)options({"--retry", "x"}, {{"PORT", "x"}}), UsageError);
}

TEST_CASE("all that is wrong is told, a line each") {
  CHECK(refusal({"--config=conf", "--retry", "x"}, {{"PORT", "y"}},
                "heartbeat = z\nnonsense\n") ==
        "conf:2: expected 'name = value', or a comment that starts with #\n"
        "PORT: 'y': a port is a number from 0 to 65535\n"
        "conf:1: heartbeat: 'z': expected a duration such as 15s or 2m, from "
        "100ms to 1h\n"
        "--retry: 'x': expected a duration such as 15s or 2m, from 0ms to 1h");
}

TEST_CASE("a value that no line could hold is refused from everywhere") {
  for (const std::string value :
       {"unix:/a\nb", " unix:/a", "unix:/a ", "unix:/a #b", "unix:/\xff"}) {
    CAPTURE(value);
    const std::string message = refusal({"--listen", value});
    CHECK(names(message, "--listen"));
    CHECK(names(message, "' #'"));
    CHECK_FALSE(names(message, "\n"));
    CHECK(names(refusal({}, {{"RIVULET_LISTEN", value}}), "RIVULET_LISTEN"));
  }
  CHECK(refusal({"--listen", "unix:/a#b c"}) == "");
}

TEST_CASE("a folder for the page must be one") {
  const test::TempFolder folder;
  const std::string file = folder.write("file", "");
  CHECK(options({"--www", folder.path()}).settings.www == folder.path());
  CHECK(names(refusal({"--www", file}), "--www: '" + file + "': must be"));
  CHECK(names(refusal({"--www", folder.path_of("missing")}), "--www"));
}

TEST_CASE("help and version are asked for by flags of their own") {
  CHECK(options({"--help"}).task == Task::kHelp);
  CHECK(options({"-h"}).task == Task::kHelp);
  CHECK(options({"--version"}).task == Task::kVersion);
}

TEST_CASE("tasks about the configuration read it") {
  const Variables bad{{"RIVULET_RETRY", "bad"}};
  CHECK(options({"--check-config"}).task == Task::kCheckConfig);
  CHECK(options({"--print-config"}).task == Task::kPrintConfig);
  CHECK(options({"--healthcheck"}).task == Task::kHealthCheck);
  CHECK(names(refusal({"--check-config"}, bad), "RIVULET_RETRY"));
  CHECK(names(refusal({"--print-config"}, bad), "RIVULET_RETRY"));
}

TEST_CASE("one task at a time, and help before all") {
  const Arguments two{"--check-config", "--print-config"};
  CHECK_THROWS_AS((void)options(two), UsageError);
  CHECK(names(refusal(two), "--print-config"));
  CHECK(options({"--check-config", "--check-config"}).task ==
        Task::kCheckConfig);
  CHECK(options({"--check-config", "-h", "--version"}).task == Task::kHelp);
}

TEST_CASE("help needs nothing to be right but the flags' names") {
  const Variables bad{{"RIVULET_RETRY", "bad"}, {"RIVULET_CONFIG", "missing"}};
  CHECK(options({"--help", "--retry", "bad"}, bad).task == Task::kHelp);
  CHECK(options({"--version"}, bad).task == Task::kVersion);
  CHECK(options({"--man"}, bad).task == Task::kManual);
  CHECK(options({"--version", "--help"}).task == Task::kHelp);
  CHECK(options({"--help", "--version"}).task == Task::kHelp);
  CHECK(names(refusal({"--help", "--unknown"}), "--unknown"));
}

TEST_CASE("a request has room for a status as large as an event may be") {
  for (const std::string size : {"1", "64KiB", "16MiB"}) {
    const Options all = options({"--max-event-bytes", size});
    CHECK(all.settings.request.target_bytes > all.settings.max_event_bytes);
  }
}

}  // namespace
}  // namespace rivulet::daemon

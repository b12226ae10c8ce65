// Tests daemon/options.h: values from a file, and how they are refused.
#include <doctest/doctest.h>

#include <string>

#include "daemon/addresses.h"
#include "daemon/options.h"
#include "reading.h"

namespace rivulet::daemon {
namespace {

std::string listen_of(const std::string& file, const Arguments& more = {},
                      const Variables& variables = {}) {
  Arguments arguments{"--config", "conf"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return join(options(arguments, variables, file).settings.listen);
}

TEST_CASE("a file sets what its lines say") {
  const Options all = options_of_file(
      "# how clients come back\n"
      "retry = 5s\n"
      "\n"
      "max-event-bytes=1KiB\n"
      "log-level = debug\n");
  CHECK(all.settings.retry == base::Duration(5'000));
  CHECK(all.settings.max_event_bytes == 1024);
  CHECK(all.log_level == base::LogLevel::kDebug);
  CHECK(all.settings.heartbeat == base::Duration(15'000));
  CHECK(all.config == "conf");
}

TEST_CASE("without being named no file is read") {
  CHECK(options({}, {}, "retry = 5s").settings.retry == base::Duration(3'000));
}

TEST_CASE("flags and environment name the file, and the flag wins") {
  const Variables named{{"RIVULET_CONFIG", "conf"}};
  CHECK(options({}, named, "retry = 5s").settings.retry ==
        base::Duration(5'000));
  CHECK(refusal({}, {{"RIVULET_CONFIG", "missing"}}) ==
        "RIVULET_CONFIG: 'missing': No such file or directory");
  CHECK(refusal({"--config", "missing"}, named) ==
        "--config: 'missing': No such file or directory");
  CHECK(refusal({"--config=conf"}, {{"RIVULET_CONFIG", "missing"}}) == "");
}

TEST_CASE("a flag goes before the environment, and that before the file") {
  const std::string file = "retry = 1s\n";
  const Variables variables{{"RIVULET_RETRY", "2s"}};
  const auto retry = [](const Options& all) {
    return all.settings.retry.count();
  };
  CHECK(retry(options({})) == 3'000);
  CHECK(retry(options_of_file(file)) == 1'000);
  CHECK(retry(options_of_file(file, variables)) == 2'000);
  CHECK(retry(options({"--config=conf", "--retry=4s"}, variables, file)) ==
        4'000);
  CHECK(retry(options({"--retry=4s", "--config=conf"}, {}, file)) == 4'000);
}

TEST_CASE("a port goes with an address of its own order or a lower one") {
  CHECK(listen_of("port = 80") == "127.0.0.1:80");
  CHECK(listen_of("port = 80\nlisten = *:1") == "*:80");
  CHECK(listen_of("port = 80", {"--listen", "*:1"}) == "*:1");
  CHECK(listen_of("port = 80", {}, {{"RIVULET_LISTEN", "*:1"}}) == "*:1");
  CHECK(listen_of("listen = *:1", {}, {{"PORT", "80"}}) == "*:80");
  CHECK(listen_of("listen = *:1", {"--port", "80"}) == "*:80");
  CHECK(listen_of("port = 1", {}, {{"PORT", "80"}}) == "127.0.0.1:80");
  CHECK(listen_of("port = 1", {"--listen", "unix:/a"}) == "unix:/a");
}

TEST_CASE("an unknown name is refused with its line and what there is") {
  const std::string message = refusal_of_file("retry = 1s\nqueue_bytes = 1\n");
  CHECK(
      message.starts_with("conf:2: unknown option 'queue_bytes': there are "));
  for (const Row& row : option_rows()) {
    const bool told = names(message, " " + std::string(row.name));
    CHECK(told == (row.trait != Trait::kNotInFile));
  }
  CHECK(names(refusal_of_file("--retry = 1s"), "conf:1: unknown option"));
  CHECK(names(refusal_of_file("Retry = 1s"), "conf:1: unknown option"));
  CHECK(names(refusal_of_file("PORT = 1"), "conf:1: unknown option"));
}

TEST_CASE("a bad value is refused with line, name, value and reason") {
  CHECK(refusal_of_file("\n# a\nqueue-bytes = 1\n") ==
        "conf:3: queue-bytes: '1': must be from 4KiB to 1GiB");
  CHECK(refusal_of_file("log-level =") ==
        "conf:1: log-level: '': expected debug, info, warning or error");
  CHECK(names(refusal_of_file("retry = 1s # a comment"), "conf:1: retry"));
  CHECK(names(refusal_of_file("retry = \"1s\""), "conf:1: retry: '\"1s\"'"));
}

TEST_CASE("a line that cannot be read is refused with its number") {
  CHECK(refusal_of_file("retry = 1s\nheartbeat\n") ==
        "conf:2: expected 'name = value', or a comment that starts with #");
  CHECK(refusal_of_file("retry = 1s\nretry = 1s\n") ==
        "conf:2: retry: is set already in line 1");
}

TEST_CASE("a file names no file") {
  CHECK(refusal_of_file("config = conf") ==
        "conf:1: config: 'conf': cannot be set in a file");
}

TEST_CASE("a file is held to account for what something else overrules") {
  CHECK(names(refusal({"--config=conf", "--retry=1s"}, {}, "retry = soon"),
              "conf:1: retry: 'soon'"));
  CHECK(names(
      refusal({"--config=conf"}, {{"RIVULET_RETRY", "1s"}}, "retry = soon"),
      "conf:1: retry: 'soon'"));
  CHECK(names(refusal({"--config=conf", "--listen=*:1"}, {}, "port = x"),
              "conf:1: port: 'x'"));
}

TEST_CASE("a unix socket and a port clash, also where neither counts") {
  const std::string clash = "listen = unix:/a\nport = 80\n";
  const std::string said =
      "conf:2: port: '80': a unix socket in 'listen' has no port";
  CHECK(refusal_of_file(clash) == said);
  CHECK(refusal({"--config=conf", "--listen=*:1"}, {}, clash) == said);
  CHECK(refusal({"--config=conf"}, {{"PORT", "80"}}, "listen = unix:/a") ==
        "PORT: '80': a unix socket in 'listen' has no port");
}

}  // namespace
}  // namespace rivulet::daemon

// Tests daemon/option_texts.h: what the program says of its options.
#include "daemon/option_texts.h"

#include <doctest/doctest.h>

#include <string>

#include "../support/temp_folder.h"
#include "reading.h"

namespace rivulet::daemon {
namespace {

TEST_CASE("the help lists every option, its variable and its default") {
  const std::string help = help_text();
  for (const Row& row : option_rows()) {
    CAPTURE(row.name);
    CHECK(names(help, "\n  " + flag(row.name) + " "));
    CHECK(names(help, variable(row.name)));
    if (row.default_value.empty()) continue;
    CHECK(names(help, (row.reload == Reload::kFixed ? ", fixed at start" : "") +
                          (", default " + std::string(row.default_value)) +
                          "\n"));
  }
  CHECK(help.ends_with('\n'));
}

TEST_CASE("the help says which options a reload does not change") {
  const std::string help = help_text();
  CHECK(
      names(help, " RIVULET_LISTEN, fixed at start, default 127.0.0.1:3000\n"));
  CHECK(names(help, " RIVULET_PORT, fixed at start\n"));
  CHECK(names(help, " RIVULET_RETRY, default 3s\n"));
  CHECK(names(help, " RIVULET_PUBLISH_TOKEN\n"));
}

TEST_CASE("the help lists what else may be asked for") {
  for (const TaskRow& row : task_rows()) {
    CHECK(names(help_text(), "\n  " + std::string(row.flag) + " "));
  }
}

TEST_CASE("a printed configuration says each value and where it comes from") {
  const std::string text = config_text(options(
      {"--config=conf", "--retry=5s"}, {{"RIVULET_QUEUE_BYTES", "1024KiB"}},
      "# slow\nheartbeat = 60s\n"));
  CHECK(names(text, "\n# from --retry\nretry = 5s\n"));
  CHECK(names(text, "\n# from RIVULET_QUEUE_BYTES\nqueue-bytes = 1024KiB\n"));
  CHECK(names(text, "\n# from conf:2\nheartbeat = 60s\n"));
  CHECK(names(text, "\n# from default\nmemory-limit = 256MiB\n"));
  CHECK(names(text, "\n# from --config\n# config = conf\n"));
  CHECK(names(text, "\n# not set\n# max-streams =\n"));
}

TEST_CASE("a printed configuration has the port in the address") {
  const std::string text = config_text(options({}, {{"PORT", "8080"}}));
  CHECK(names(text,
              "\n# from default, and the port from PORT\n"
              "listen = 127.0.0.1:8080\n"));
  CHECK(names(text, "\n# not set\n# port =\n"));
}

// What the options say, without where it comes from.
std::string said(const Options& options) {
  std::string text;
  for (const Row& row : option_rows()) {
    const auto& source = options.sources[index_of(row)];
    if (row.trait == Trait::kNotInFile || !source) continue;
    text += std::string(row.name) + "=" + source->value + "\n";
  }
  return text;
}

TEST_CASE("a printed configuration is a file that says the same") {
  const test::TempFolder folder;
  for (const Arguments& arguments :
       {Arguments{}, Arguments{"--port=1", "--max-streams=7"},
        Arguments{"--listen=unix:/a b#c", "--log-level=error"},
        Arguments{"--listen=unix:/a,*:1", "--listen=[::]:1", "--port=2"},
        Arguments{"--admin-listen=unix:/a", "--socket-mode=660"},
        Arguments{"--www", folder.path(), "--listen=[::1]:5", "--port=6"},
        Arguments{"--www=", "--history-events=0", "--retry=0ms"}}) {
    const Options before = options(arguments);
    const Options after = options_of_file(config_text(before));
    CHECK(said(after) == said(before));
    CHECK(after.settings.listen == before.settings.listen);
    CHECK(after.settings.admin_listen == before.settings.admin_listen);
    CHECK(after.settings.www == before.settings.www);
    CHECK(after.settings.retry == before.settings.retry);
    CHECK(after.settings.max_streams == before.settings.max_streams);
    CHECK(after.log_level == before.log_level);
  }
}

// The same lines, those that set an option to its default no longer comments.
std::string with_defaults_set(std::string text) {
  for (const Row& row : option_rows()) {
    if (row.default_value.empty()) continue;
    const std::string line = "\n#" + std::string(row.name) + " = ";
    const size_t at = text.find(line);
    if (at != std::string::npos) text.erase(at + 1, 1);
  }
  return text;
}

TEST_CASE("the default configuration has every option that a file may set") {
  const std::string text = default_config_text();
  for (const Row& row : option_rows()) {
    CAPTURE(row.name);
    const std::string line = "\n#" + std::string(row.name) + " = ";
    const bool may_be_set =
        row.trait != Trait::kNotInFile && row.trait != Trait::kSecret;
    CHECK(names(text, line) == may_be_set);
  }
  CHECK(text.ends_with('\n'));
}

TEST_CASE("the default configuration sets nothing, and then the defaults") {
  const std::string text = default_config_text();
  const std::string uncommented = with_defaults_set(text);
  REQUIRE(uncommented != text);
  CHECK(said(options_of_file(text)) == said(options({})));
  CHECK(said(options_of_file(uncommented)) == said(options({})));
  const Options read = options_of_file(uncommented);
  const auto& heartbeat = read.sources[index_of(*find_row("heartbeat"))];
  REQUIRE(heartbeat);
  CHECK(heartbeat->rank == Rank::kFile);
}

TEST_CASE("a secret is shown nowhere, not even when it is refused") {
  const Row row{"a-secret", "TEXT", "", nullptr, "text", Trait::kSecret};
  const Source source{"hunter2", "--a-secret", Rank::kFlag};
  CHECK(config_entry(row, source) ==
        "# from --a-secret\n# a-secret = ********\n");
  CHECK(shown_value(row, "hunter2") == "********");
  CHECK(shown_value(row, "") == "********");
  CHECK(refusal_text(row, source, "is too short") ==
        "--a-secret: '********': is too short");
}

}  // namespace
}  // namespace rivulet::daemon

// Tests each row of daemon/option_table.h: what its value may be, and what is
// said when it is something else.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "daemon/option_table.h"
#include "reading.h"

namespace rivulet::daemon {
namespace {

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

}  // namespace
}  // namespace rivulet::daemon

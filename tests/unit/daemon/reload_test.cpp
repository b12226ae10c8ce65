// Tests daemon/reload.h: what a second reading of the configuration changes.
// That a server takes it is tests/e2e/test_reload.py.
#include "daemon/reload.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "reading.h"

namespace rivulet::daemon {
namespace {

using Names = std::vector<std::string_view>;

Difference between(const std::string& running, const std::string& fresh) {
  return difference(options_of_file(running).sources,
                    options_of_file(fresh).sources);
}

TEST_CASE("the same configuration is no difference, wherever it stands") {
  const Difference none = between("retry = 5s\nlog-level = error\n",
                                  "# new\nlog-level = error\n\nretry = 5s\n");
  CHECK(none.changed.empty());
  CHECK(none.fixed.empty());
}

TEST_CASE("what differs is named in the table's order, what is fixed apart") {
  const Difference found =
      between("retry = 5s\nhistory-events = 7\n",
              "log-level = debug\nwww = \nretry = 6s\nlisten = *:80\n");
  CHECK(found.changed == Names{"www", "retry", "history-events", "log-level"});
  CHECK(found.fixed == Names{"listen"});
}

TEST_CASE("a value that a flag overrules makes no difference") {
  const Arguments flags{"--config", "conf", "--retry", "1s"};
  const Difference none =
      difference(options(flags, {}, "retry = 5s\n").sources,
                 options(flags, {}, "retry = 6s\n").sources);
  CHECK(none.changed.empty());
}

TEST_CASE("a port is part of the address that it belongs to") {
  CHECK(between("port = 80\n", "listen = 127.0.0.1:80\n").fixed.empty());
  CHECK(between("port = 80\n", "port = 81\n").fixed == Names{"listen"});
}

TEST_CASE("streams are limited by descriptors where no option says how") {
  for (const auto& [wanted, descriptors, limit] :
       std::vector<std::array<size_t, 3>>{
           {0, 1000, 936}, {7, 1000, 7}, {0, 64, 0}, {0, 65, 1}, {0, 0, 0}}) {
    server::Settings settings;
    settings.max_streams = wanted;
    limit_streams(settings, descriptors);
    CHECK(settings.max_streams == limit);
  }
}

}  // namespace
}  // namespace rivulet::daemon

#include "daemon/health_check.h"

#include <fmt/format.h>

#include <string_view>

#include "base/text.h"
#include "os/address.h"
#include "os/client.h"

namespace rivulet::daemon {
namespace {

constexpr std::string_view kQuestion =
    "GET /livez HTTP/1.1\r\n"
    "Host: localhost\r\n"
    "Connection: close\r\n\r\n";
constexpr size_t kMostBytes = 4096;

std::string why_not_200(std::string_view answer) {
  const std::string_view line = base::take_until(answer, '\r');
  if (line.starts_with("HTTP/1.1 200 ")) return "";
  if (line.empty()) return "the connection ended without an answer";
  return fmt::format("the answer is '{}'", base::printable(line));
}

}  // namespace

std::string check_health(const std::string& listen, base::Duration patience) {
  const os::Address address = os::reachable(os::parse_address(listen));
  const os::Answer answer = os::ask(address, kQuestion, kMostBytes, patience);
  const std::string problem =
      answer.problem.empty() ? why_not_200(answer.bytes) : answer.problem;
  if (problem.empty()) return "";
  return fmt::format("{}: {}", os::to_string(address), problem);
}

}  // namespace rivulet::daemon

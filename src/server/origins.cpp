#include "server/origins.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "base/text.h"
#include "os/address.h"

namespace rivulet::server {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz";
constexpr uint64_t kLastPort = 65535;

[[noreturn]] void refuse(std::string_view origin, std::string_view why) {
  throw std::invalid_argument(fmt::format("'{}' {}", origin, why));
}

bool made_of(std::string_view text, std::string_view more) {
  return std::all_of(text.begin(), text.end(), [more](char c) {
    return kLetters.find(c) != std::string_view::npos ||
           kDigits.find(c) != std::string_view::npos ||
           more.find(c) != std::string_view::npos;
  });
}

// The host, taken off the front of `rest`; empty when it is none.
std::string_view take_host(std::string_view& rest) {
  const bool bracketed = rest.starts_with('[');
  const size_t end = bracketed ? rest.find(']') : rest.find(':');
  if (bracketed && end == std::string_view::npos) return {};
  const size_t size = std::min(rest.size(), bracketed ? end + 1 : end);
  const std::string_view host = rest.substr(0, size);
  rest.remove_prefix(size);
  const bool good = bracketed ? made_of(host, "[]:.") &&
                                    os::is_ipv6(host.substr(1, host.size() - 2))
                              : made_of(host, "-._");
  return good ? host : std::string_view();
}

void check_port(std::string_view origin, std::string_view scheme,
                std::string_view rest) {
  if (rest.empty()) return;
  const auto port = base::parse_decimal(rest.substr(1));
  if (!rest.starts_with(':') || !port || *port == 0 || *port > kLastPort ||
      rest[1] == '0') {
    refuse(origin, "has no port from 1 to 65535 after its host");
  }
  if ((scheme == "http" && *port == 80) ||
      (scheme == "https" && *port == 443)) {
    refuse(origin, "names the usual port, which browsers leave out");
  }
}

void check_origin(std::string_view origin) {
  if (origin == "*") refuse(origin, "stands alone, for pages of any origin");
  if (origin == "null") refuse(origin, "may be any page: it cannot be listed");
  constexpr std::string_view kMark = "://";
  const size_t mark = origin.find(kMark);
  if (mark == std::string_view::npos || mark == 0) {
    refuse(origin, "is no origin such as https://example.com");
  }
  const std::string_view scheme = origin.substr(0, mark);
  std::string_view rest = origin.substr(mark + kMark.size());
  if (rest.find('/') != std::string_view::npos) {
    refuse(origin, "has a path or a slash at its end, and origins have none");
  }
  if (!made_of(scheme, "+-.") ||
      kLetters.find(scheme.front()) == std::string_view::npos ||
      take_host(rest).empty()) {
    refuse(origin,
           "is not written as browsers do: scheme://host in lower "
           "case, xn-- for other letters");
  }
  check_port(origin, scheme, rest);
}

}  // namespace

std::vector<std::string> parse_origins(std::string_view text) {
  constexpr std::string_view kBetween = ", \t";
  if (base::trim(text) == "*") return {};
  std::vector<std::string> origins;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of(kBetween), text.size());
    const std::string_view origin = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (origin.empty()) continue;
    check_origin(origin);
    origins.emplace_back(origin);
  }
  if (origins.empty()) {
    throw std::invalid_argument("expected * or origins: https://example.com");
  }
  return origins;
}

}  // namespace rivulet::server

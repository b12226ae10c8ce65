#include "daemon/addresses.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "daemon/option_error.h"
#include "os/address.h"

namespace rivulet::daemon {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";

// Two spellings of one address are equal in it.
std::string canonical(const std::string& address) {
  return os::to_string(os::parse_address(address));
}

}  // namespace

Addresses parse_addresses(std::string_view value) {
  Addresses addresses;
  bool more = true;
  for (std::string_view rest = value; more;) {
    more = rest.find(',') != std::string_view::npos;
    const std::string_view text = base::trim(base::take_until(rest, ','));
    try {
      (void)os::parse_address(text);
    } catch (const os::AddressError& error) {
      throw OptionError(text == value ? error.reason() : error.what());
    }
    addresses.emplace_back(text);
  }
  check_distinct(addresses);
  return addresses;
}

std::string join(const Addresses& addresses) {
  return fmt::format("{}", fmt::join(addresses, ", "));
}

Addresses with_port(const Addresses& addresses, uint16_t port) {
  Addresses changed = addresses;
  bool none_has_one = true;
  for (std::string& address : changed) {
    if (address.starts_with(kUnixPrefix)) continue;
    address = fmt::format("{}:{}", address.substr(0, address.rfind(':')), port);
    none_has_one = false;
  }
  if (none_has_one && !addresses.empty()) {
    throw OptionError("a unix socket in 'listen' has no port");
  }
  check_distinct(changed);
  return changed;
}

void check_distinct(const Addresses& addresses, const Addresses& others) {
  std::vector<std::string> known;
  for (const std::string& other : others) known.push_back(canonical(other));
  for (const std::string& address : addresses) {
    std::string text = canonical(address);
    if (text.starts_with(kUnixPrefix) || !text.ends_with(":0")) {
      if (std::ranges::find(known, text) != known.end()) {
        throw OptionError(fmt::format("'{}' is listened on already", address));
      }
    }
    known.push_back(std::move(text));
  }
}

unsigned parse_mode(std::string_view value) {
  constexpr size_t kDigits = 3;
  const auto octal = [](char c) { return c >= '0' && c <= '7'; };
  std::string_view digits = value;
  if (digits.size() > kDigits && digits.front() == '0') digits.remove_prefix(1);
  if (digits.size() != kDigits || !std::ranges::all_of(digits, octal)) {
    throw OptionError("expected three octal digits such as 660");
  }
  unsigned mode = 0;
  for (const char c : digits) mode = mode * 8 + static_cast<unsigned>(c - '0');
  return mode;
}

}  // namespace rivulet::daemon

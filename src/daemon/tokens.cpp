#include "daemon/tokens.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "daemon/option_error.h"
#include "os/file.h"

namespace rivulet::daemon {
namespace {

constexpr size_t kMost = 512;
constexpr size_t kMaxFileBytes = size_t{64} * 1024;

// As editors of other systems end a line.
std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return base::trim(line);
}

}  // namespace

void check_token(std::string_view token, const TokenKind& kind) {
  const auto visible = [](char c) { return c > ' ' && c <= '~'; };
  if (!std::all_of(token.begin(), token.end(), visible)) {
    throw OptionError(
        fmt::format("a {} is visible ASCII, without blanks", kind.name));
  }
  if (token.size() < kind.least || token.size() > kMost) {
    throw OptionError(fmt::format(
        "a {} has {} to {} characters; `openssl rand -hex 32` makes one",
        kind.name, kind.least, kMost));
  }
}

TokenFile read_token_file(const std::string& path, const TokenKind& kind) {
  const os::FileContent secret = os::read_regular_file(path, kMaxFileBytes);
  if (!secret.problem.empty()) {
    throw OptionError(
        fmt::format("it cannot be read, is no regular file, or has more than "
                    "{} bytes",
                    kMaxFileBytes));
  }
  TokenFile file{.tokens = {}, .open_to_all = secret.open_to_all};
  std::string_view rest = secret.bytes;
  for (size_t number = 1; !rest.empty(); ++number) {
    const std::string_view line =
        without_line_end(base::take_until(rest, '\n'));
    if (line.empty() || line.starts_with('#')) continue;
    try {
      check_token(line, kind);
    } catch (const OptionError& error) {
      throw OptionError(fmt::format("line {}: {}", number, error.what()));
    }
    file.tokens.emplace_back(line);
  }
  if (file.tokens.empty()) {
    throw OptionError(fmt::format("it holds no {}", kind.name));
  }
  return file;
}

}  // namespace rivulet::daemon

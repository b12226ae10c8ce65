#include "daemon/tokens.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "daemon/option_error.h"
#include "os/secret_file.h"

namespace rivulet::daemon {
namespace {

// 16 random characters are beyond guessing over a network; fewer may be a word.
constexpr size_t kLeast = 16;
constexpr size_t kMost = 512;
constexpr size_t kMaxFileBytes = size_t{64} * 1024;

// As editors of other systems end a line.
std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return base::trim(line);
}

}  // namespace

void check_token(std::string_view token) {
  const auto visible = [](char c) { return c > ' ' && c <= '~'; };
  if (!std::all_of(token.begin(), token.end(), visible)) {
    throw OptionError("a token is visible ASCII, without blanks");
  }
  if (token.size() < kLeast || token.size() > kMost) {
    throw OptionError(fmt::format(
        "a token has {} to {} characters; `openssl rand -hex 32` makes one",
        kLeast, kMost));
  }
}

TokenFile read_token_file(const std::string& path) {
  const auto secret = os::read_secret_file(path, kMaxFileBytes);
  if (!secret) {
    throw OptionError(
        fmt::format("it cannot be read, is no regular file, or has more than "
                    "{} bytes",
                    kMaxFileBytes));
  }
  TokenFile file{.tokens = {}, .open_to_all = secret->open_to_all};
  std::string_view rest = secret->content;
  for (size_t number = 1; !rest.empty(); ++number) {
    const std::string_view line =
        without_line_end(base::take_until(rest, '\n'));
    if (line.empty() || line.starts_with('#')) continue;
    try {
      check_token(line);
    } catch (const OptionError& error) {
      throw OptionError(fmt::format("line {}: {}", number, error.what()));
    }
    file.tokens.emplace_back(line);
  }
  if (file.tokens.empty()) throw OptionError("it holds no token");
  return file;
}

}  // namespace rivulet::daemon

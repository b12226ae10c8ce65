// The tokens of publishers as the operator writes them: one by itself, or a
// file with one a line. Checked here, so that a typing error or an empty
// variable at start does not end as a server that anybody may publish on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rivulet::daemon {

// Throws OptionError unless `token` can be one: 16 to 512 characters of visible
// ASCII, which pass through an HTTP field unchanged. The message says what is
// wrong and never holds the token.
void check_token(std::string_view token);

struct TokenFile {
  std::vector<std::string> tokens;
  // Whether every user of the machine may read it.
  bool open_to_all = false;
};

// One token a line; blanks around it, empty lines and lines that start with '#'
// do not count. Throws OptionError with the number of the line, or when there
// is no token at all.
[[nodiscard]] TokenFile read_token_file(const std::string& path);

}  // namespace rivulet::daemon

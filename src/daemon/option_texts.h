// What the program says of its options, made from the table.
#pragma once

#include <string>

namespace rivulet::daemon {

// The text of `--help`.
[[nodiscard]] std::string help_text();

}  // namespace rivulet::daemon

// What the program says of its options, made from the table.
#pragma once

#include <optional>
#include <string>

#include "daemon/option_table.h"

namespace rivulet::daemon {

// The text of `--help`.
[[nodiscard]] std::string help_text();

// The text of `--print-config`: a file that says what `options` say, with a
// comment about where each value comes from. What no file can say, and what is
// secret, stands in it as a comment.
[[nodiscard]] std::string config_text(const Options& options);

// The text of `--default-config`, which is installed as
// /etc/rivulet/rivulet.conf: what may stand in a file, each line a comment
// until somebody removes the `#` before its name. Without secrets, for
// everybody may read that file.
[[nodiscard]] std::string default_config_text();

// The lines about one option.
[[nodiscard]] std::string config_entry(const Row& row,
                                       const std::optional<Source>& source);

}  // namespace rivulet::daemon

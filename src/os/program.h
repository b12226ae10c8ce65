// This program as a file, and this process when it becomes the next version of
// it (server/upgrade.h).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "os/unique_fd.h"

namespace rivulet::os {

struct Program {
  // Where its file is now and the next one will be, links and all; absolute.
  // Empty when nobody knows.
  std::string path;
  // As it was called, its name first: what `ps` shows.
  std::vector<std::string> arguments;
};

// The path of this program's file, absolute: `name` (argv[0]) in the working
// directory when it holds a '/', else in the folders of PATH. Symbolic links
// are kept, so that the next version may be behind them. When what is found is
// not this program, what /proc/self/exe says, whose links are resolved; empty
// without /proc.
[[nodiscard]] std::string find_program(const std::string& name);

// Makes this process run `program` (execve(2)), which is given `memory_file`
// and keeps `descriptors`, stdin, stdout and stderr: all else is O_CLOEXEC, and
// closes. Comes back only when it cannot, and says why: nothing has changed
// then.
[[nodiscard]] std::string become(const Program& program,
                                 const UniqueFd& memory_file,
                                 std::span<const uint64_t> descriptors);

}  // namespace rivulet::os

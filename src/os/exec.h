// What becoming another program (os/program.h) and starting one (os/child.h)
// have in common: what execve(2) is given, and why it failed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "os/unique_fd.h"

namespace rivulet::os {

// The variable that tells a program the number of the memory file that it is
// given (os/memory_file.h).
inline constexpr const char* kMemoryFileVariable = "RIVULET_UPGRADE_STATE";

// Our environment for a program that is given `memory_file`.
[[nodiscard]] std::vector<std::string> environment_with(
    const UniqueFd& memory_file);

// `texts` as execve(2) takes them, with a null pointer at the end. They must
// outlive it.
[[nodiscard]] std::vector<char*> pointers_to(
    const std::vector<std::string>& texts);

// "what: No such file or directory", for an errno.
[[nodiscard]] std::string with_reason(std::string_view what, int error);

}  // namespace rivulet::os

// What concerns the process as a whole: its limits and the files it reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "os/unique_fd.h"

namespace rivulet::os {

// Raises the number of descriptors that the process may open to what it is
// allowed (RLIMIT_NOFILE, soft to hard) and answers that number.
uint64_t raise_descriptor_limit();

// A descriptor that only takes up a place, to be given up when one is needed.
[[nodiscard]] UniqueFd open_placeholder();

// The content of a regular file of at most `limit` bytes, through no symbolic
// link at its end; nothing when it is not that or cannot be read.
[[nodiscard]] std::optional<std::string> read_file(const std::string& path,
                                                   size_t limit);

}  // namespace rivulet::os

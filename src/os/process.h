// The limits of the process.
#pragma once

#include <cstdint>

#include "os/unique_fd.h"

namespace rivulet::os {

// How many descriptors the process may open (RLIMIT_NOFILE, soft); 0 when the
// kernel does not say.
[[nodiscard]] uint64_t descriptor_limit();

// Raises the number of descriptors that the process may open to what it is
// allowed (RLIMIT_NOFILE, soft to hard) and answers that number; 0 when the
// kernel does not say.
uint64_t raise_descriptor_limit();

// A descriptor that only takes up a place, to be given up when one is needed.
// Invalid when none is left.
[[nodiscard]] UniqueFd open_placeholder();

}  // namespace rivulet::os

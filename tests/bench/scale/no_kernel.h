// A kernel that does nothing, for streams without sockets: it takes every write
// whole at once, reports no descriptor ready, and any number is a descriptor.
#pragma once

#include <cstdint>

namespace rivulet::bench {

// Writes that were taken since the process began.
[[nodiscard]] uint64_t writes();

}  // namespace rivulet::bench

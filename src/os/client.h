// One question to a server, and its answer: for what the program asks as a
// client. It waits, and so has no place in the loop.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "os/address.h"

namespace rivulet::os {

struct Answer {
  std::string bytes;
  // What went wrong, in a few words; empty when nothing did.
  std::string problem;
};

// Connects to `address`, sends `question` and reads to the end of what the
// server says, of which it keeps `limit` bytes. All of it takes no longer than
// `patience`.
[[nodiscard]] Answer ask(const Address& address, std::string_view question,
                         size_t limit, base::Duration patience);

}  // namespace rivulet::os

// The descriptors that a program has from the one whose place it takes, or
// stand-ins of the same numbers for one that only tries whether it could.
//
// They are taken before anything else is opened, for which the kernel would
// give away their numbers.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "os/unique_fd.h"

namespace rivulet::os {

class InheritedDescriptors {
 public:
  enum class Kind : uint8_t {
    kOurs,      // open: they came through execve(2)
    kStandIns,  // not open: each becomes a socket with nobody at its end
  };

  // Whether all of `numbers` are here from now on, and will not be inherited
  // any further.
  [[nodiscard]] bool claim(std::span<const uint64_t> numbers, Kind kind);

  // Hands one over; invalid when it is not here, or was taken before. What
  // nobody takes is closed.
  [[nodiscard]] UniqueFd take(uint64_t number);

 private:
  [[nodiscard]] bool open_stand_ins(std::span<const uint64_t> numbers);
  [[nodiscard]] bool holds(uint64_t number) const;
  void hold(UniqueFd descriptor);

  std::vector<UniqueFd> descriptors_;  // by number
};

}  // namespace rivulet::os

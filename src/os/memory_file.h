// Bytes in memory that one program gives to another, which takes its place or
// tries whether it could (memfd_create(2), server/upgrade.h).
#pragma once

#include <string>
#include <string_view>

#include "os/unique_fd.h"

namespace rivulet::os {

// A file in memory that holds `bytes`. Invalid when there is no room, and
// `problem` says why.
[[nodiscard]] UniqueFd make_memory_file(std::string_view bytes,
                                        std::string& problem);

// The bytes that this process was given by the one whose place it takes, or
// that started it to try. They live as long as this.
class GivenBytes {
 public:
  // Those that the environment names; the variable is removed.
  GivenBytes();
  GivenBytes(const GivenBytes&) = delete;
  GivenBytes& operator=(const GivenBytes&) = delete;
  ~GivenBytes();

  // Whether the environment named some; bytes() is empty when they cannot be
  // read.
  [[nodiscard]] bool given() const { return given_; }
  [[nodiscard]] std::string_view bytes() const { return bytes_; }

 private:
  bool given_ = false;
  std::string_view bytes_;
};

}  // namespace rivulet::os

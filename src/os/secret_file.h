// Reads a file that holds secrets, and says who else may read it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace rivulet::os {

struct SecretFile {
  std::string content;
  // Whether every user of the machine may read it.
  bool open_to_all = false;
};

// The regular file of at most `limit` bytes at `path`, through symbolic links:
// container platforms put secrets behind one. Nothing when it cannot be read.
[[nodiscard]] std::optional<SecretFile> read_secret_file(
    const std::string& path, size_t limit);

}  // namespace rivulet::os

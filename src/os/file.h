// Files and folders that the operator names. For what strangers may ask for
// there is read_file() of os/process.h, which is stricter.
#pragma once

#include <cstddef>
#include <string>

namespace rivulet::os {

struct FileContent {
  std::string bytes;
  // Why it could not be read, in the kernel's words; empty when it was.
  std::string problem;
};

// All of a file, through links, or of a pipe up to its end: at most `limit`
// bytes. Waits for the pipe.
[[nodiscard]] FileContent read_whole_file(const std::string& path,
                                          size_t limit);

// The same of a regular file, and of nothing that may have to be waited for.
[[nodiscard]] FileContent read_regular_file(const std::string& path,
                                            size_t limit);

// Whether there is a folder of that name, or a link to one.
[[nodiscard]] bool is_folder(const std::string& path);

}  // namespace rivulet::os

// Files read whole, and folders, by their names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace rivulet::os {

struct FileContent {
  std::string bytes{};
  // Why it could not be read; empty when it was.
  std::string problem{};
  // Whether every user of the machine may read it: of a regular file.
  bool open_to_all = false;
};

// What to do with a symbolic link at the end of a path. Container platforms put
// secrets behind one; what strangers ask for is not to lead anywhere else.
enum class Links : uint8_t { kFollow, kRefuse };

// All of a file, through links, or of a pipe up to its end: at most `limit`
// bytes. Waits for the pipe.
[[nodiscard]] FileContent read_whole_file(const std::string& path,
                                          size_t limit);

// The same of a regular file, and of nothing that may have to be waited for.
[[nodiscard]] FileContent read_regular_file(const std::string& path,
                                            size_t limit,
                                            Links links = Links::kFollow);

// Whether there is a folder of that name, or a link to one.
[[nodiscard]] bool is_folder(const std::string& path);

}  // namespace rivulet::os

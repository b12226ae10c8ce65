// The files of the web page: built into the binary, or read from a folder
// while somebody works on them (`--www DIR`).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rivulet::server {

class Page {
 public:
  struct File {
    std::string content;
    std::string_view content_type;
    bool gzip = false;  // how the content is encoded
  };

  // `folder` is empty for the files in the binary.
  explicit Page(std::string folder) : folder_(std::move(folder)) {}

  // Whether there is a file of that name.
  [[nodiscard]] bool contains(std::string_view name) const;

  // The file of that name, "index.html" say; nothing when there is none. A
  // name with a slash or a dot in front is never found, so nothing outside the
  // folder is. Compressed when `takes_gzip` and it is in the binary.
  [[nodiscard]] std::optional<File> find(std::string_view name,
                                         bool takes_gzip = false) const;

 private:
  std::string folder_;
};

}  // namespace rivulet::server

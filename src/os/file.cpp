#include "os/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "os/unique_fd.h"

namespace rivulet::os {
namespace {

FileContent refused() {
  return {{}, std::generic_category().message(errno)};
}

FileContent read_all(const UniqueFd& file, size_t limit) {
  FileContent content;
  std::array<char, 4096> part{};
  while (content.bytes.size() <= limit) {
    const ssize_t size = ::read(file.get(), part.data(), part.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return refused();
    if (size == 0) return content;
    content.bytes.append(part.data(), static_cast<size_t>(size));
  }
  return {{}, fmt::format("File has more than {} bytes", limit)};
}

}  // namespace

FileContent read_whole_file(const std::string& path, size_t limit) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return file.valid() ? read_all(file, limit) : refused();
}

FileContent read_regular_file(const std::string& path, size_t limit) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (!file.valid() || ::fstat(file.get(), &info) != 0) return refused();
  if (!S_ISREG(info.st_mode)) return {{}, "Not a regular file"};
  return read_all(file, limit);
}

bool is_folder(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

}  // namespace rivulet::os

#include "os/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "os/unique_fd.h"

namespace rivulet::os {
namespace {

constexpr size_t kReadSize = size_t{16} * 1024;

FileContent failure(std::string problem) {
  return {.problem = std::move(problem)};
}

FileContent read_error() {
  return failure(std::generic_category().message(errno));
}

FileContent read_all(const UniqueFd& file, size_t limit) {
  FileContent content;
  std::array<char, kReadSize> part{};
  while (content.bytes.size() <= limit) {
    const ssize_t size = ::read(file.get(), part.data(), part.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return read_error();
    if (size == 0) return content;
    content.bytes.append(part.data(), static_cast<size_t>(size));
  }
  return failure(fmt::format("File has more than {} bytes", limit));
}

}  // namespace

FileContent read_whole_file(const std::string& path, size_t limit) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return file.valid() ? read_all(file, limit) : read_error();
}

FileContent read_regular_file(const std::string& path, size_t limit,
                              Links links) {
  // Not to wait for the other end of a pipe.
  constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  const int no_link = links == Links::kRefuse ? O_NOFOLLOW : 0;
  const UniqueFd file(::open(path.c_str(), kFlags | no_link));
  struct stat info {};
  if (!file.valid() || ::fstat(file.get(), &info) != 0) return read_error();
  if (!S_ISREG(info.st_mode)) return failure("Not a regular file");
  FileContent content = read_all(file, limit);
  content.open_to_all = (info.st_mode & S_IROTH) != 0;
  return content;
}

bool is_folder(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

}  // namespace rivulet::os

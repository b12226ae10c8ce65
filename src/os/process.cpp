#include "os/process.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace rivulet::os {

uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);  // refused: the old one goes on
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

UniqueFd open_placeholder() {
  return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

std::optional<std::string> read_file(const std::string& path, size_t limit) {
  const UniqueFd file(
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat info {};
  if (!file.valid() || ::fstat(file.get(), &info) != 0 ||
      !S_ISREG(info.st_mode) || static_cast<size_t>(info.st_size) > limit) {
    return std::nullopt;
  }
  std::string content(static_cast<size_t>(info.st_size), '\0');
  size_t done = 0;
  while (done < content.size()) {
    const ssize_t size =
        ::read(file.get(), content.data() + done, content.size() - done);
    if (size <= 0) return std::nullopt;
    done += static_cast<size_t>(size);
  }
  return content;
}

}  // namespace rivulet::os

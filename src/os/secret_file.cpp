#include "os/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/unique_fd.h"

namespace rivulet::os {

std::optional<SecretFile> read_secret_file(const std::string& path,
                                           size_t limit) {
  // Not to wait for the other end of a pipe.
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (!file.valid() || ::fstat(file.get(), &info) != 0 ||
      !S_ISREG(info.st_mode)) {
    return std::nullopt;
  }
  SecretFile secret{std::string(limit + 1, '\0'),
                    (info.st_mode & S_IROTH) != 0};
  size_t done = 0;
  while (done <= limit) {
    const ssize_t size = ::read(file.get(), secret.content.data() + done,
                                secret.content.size() - done);
    if (size < 0) return std::nullopt;
    if (size == 0) break;
    done += static_cast<size_t>(size);
  }
  if (done > limit) return std::nullopt;
  secret.content.resize(done);
  return secret;
}

}  // namespace rivulet::os

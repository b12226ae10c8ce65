#include "os/unique_fd.h"

#include <unistd.h>

namespace rivulet::os {

void UniqueFd::reset(int fd) {
  // Not repeated on EINTR: Linux has given the number up by then, and another
  // close could hit a descriptor opened since (close(2), notes).
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

}  // namespace rivulet::os

#include "os/foreign_socket.h"

#include <fcntl.h>

#include <csignal>

namespace rivulet::os {

UniqueFd watchable_copy(int fd) {
  ::signal(SIGPIPE, SIG_IGN);
  if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) return UniqueFd();
  return UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

}  // namespace rivulet::os

#include "os/socket_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/state.h"
#include "os/unique_fd.h"

namespace rivulet::os {
namespace {

// Sets the umask(2) of the process while it lives. A mode given after bind(2)
// would be too late for whoever opens the file before.
class Umask {
 public:
  explicit Umask(std::optional<unsigned> mode) : changed_(mode.has_value()) {
    constexpr unsigned kAll = 0777;
    if (changed_) before_ = ::umask(static_cast<mode_t>(kAll & ~*mode));
  }
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;
  ~Umask() {
    if (changed_) ::umask(before_);
  }

 private:
  bool changed_;
  mode_t before_ = 0;
};

// Of the file itself, not of what a link points at.
std::optional<struct stat> look_at(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return std::nullopt;
  return info;
}

// A server that is too busy to take one more connection lives all the same:
// that is EAGAIN, and not waited for.
void remove_stale(const Address& address, const std::string& path) {
  const auto info = look_at(path);
  if (!info || !S_ISSOCK(info->st_mode)) return;
  const UniqueFd probe(
      ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (::connect(probe.get(), address.raw(), address.size) != 0 &&
      errno == ECONNREFUSED) {
    ::unlink(path.c_str());
  }
}

// Between looking at a file and listening in its place, another server that
// starts would take our file, too, for one that nobody answers on: so they take
// turns, by a lock on the folder, which ends with the descriptor. Whoever may
// read the folder may hold it: that is not waited for for long.
UniqueFd wait_for_turn(const std::string& path) {
  constexpr int kTries = 200;
  constexpr useconds_t kPause = 10'000;  // µs
  const size_t slash = path.rfind('/');
  const std::string folder =
      slash == std::string::npos ? "." : path.substr(0, slash + 1);
  UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (int n = 0; n < kTries && fd.valid(); ++n) {
    const bool taken = ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 &&
                       (errno == EWOULDBLOCK || errno == EINTR);
    if (!taken) break;
    ::usleep(kPause);
  }
  return fd;
}

}  // namespace

bool SocketFile::listen(int socket, const Address& address,
                        std::string_view path, std::optional<unsigned> mode,
                        int backlog) {
  std::string name(path);
  const UniqueFd turn = wait_for_turn(name);
  remove_stale(address, name);
  const Umask umask(mode);
  if (::bind(socket, address.raw(), address.size) != 0) return false;
  const auto info = look_at(name);
  path_ = std::move(name);
  device_ = info ? info->st_dev : 0;
  inode_ = info ? info->st_ino : 0;
  return ::listen(socket, backlog) == 0;
}

void SocketFile::carry(base::State& state) {
  state.text(path_);
  state.number(device_);
  state.number(inode_);
  if (state.loading()) ours_ = false;
}

SocketFile::~SocketFile() {
  if (path_.empty() || !ours_) return;
  const auto info = look_at(path_);
  if (!info || info->st_dev != device_ || info->st_ino != inode_) return;
  ::unlink(path_.c_str());
}

}  // namespace rivulet::os

#include "os/socket_file.h"

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

}  // namespace

bool SocketFile::bind(int socket, const Address& address, std::string_view path,
                      std::optional<unsigned> mode) {
  std::string name(path);
  remove_stale(address, name);
  const Umask umask(mode);
  if (::bind(socket, address.raw(), address.size) != 0) return false;
  const auto info = look_at(name);
  path_ = std::move(name);
  device_ = info ? info->st_dev : 0;
  inode_ = info ? info->st_ino : 0;
  return true;
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

#include "os/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "os/exec.h"

namespace rivulet::os {
namespace {

constexpr const char* kSelf = "/proc/self/exe";

bool is_this_program(const std::string& path) {
  struct stat there {};
  struct stat self {};
  return ::stat(path.c_str(), &there) == 0 && ::stat(kSelf, &self) == 0 &&
         there.st_dev == self.st_dev && there.st_ino == self.st_ino;
}

std::string absolute(const std::string& path) {
  std::array<char, PATH_MAX> folder{};
  if (path.starts_with('/')) return path;
  if (::getcwd(folder.data(), folder.size()) == nullptr) return {};
  return std::string(folder.data()) + '/' + path;
}

// In the folders of PATH, in their order; an empty one is the working directory
// (POSIX, XBD 8.3).
std::string search(const std::string& name) {
  const char* folders = std::getenv("PATH");
  std::string_view rest = folders == nullptr ? "" : folders;
  for (bool last = rest.empty(); !last;) {
    last = rest.find(':') == std::string_view::npos;
    const std::string folder(base::take_until(rest, ':'));
    std::string path =
        absolute(folder.empty() ? name : fmt::format("{}/{}", folder, name));
    if (is_this_program(path)) return path;
  }
  return {};
}

std::string ask_kernel() {
  std::array<char, PATH_MAX> path{};
  const ssize_t size = ::readlink(kSelf, path.data(), path.size());
  return size > 0 ? std::string(path.data(), static_cast<size_t>(size))
                  : std::string();
}

void set_inherited(int fd, bool inherited) {
  ::fcntl(fd, F_SETFD, inherited ? 0 : FD_CLOEXEC);
}

}  // namespace

std::string find_program(const std::string& name) {
  const bool is_path = name.find('/') != std::string::npos;
  std::string path = is_path ? absolute(name) : search(name);
  return is_this_program(path) ? path : ask_kernel();
}

std::string become(const Program& program, const UniqueFd& memory_file,
                   std::span<const uint64_t> descriptors) {
  const std::vector<std::string> environment = environment_with(memory_file);
  const std::vector<char*> arguments = pointers_to(program.arguments);
  const std::vector<char*> variables = pointers_to(environment);
  const auto inherit_all = [&](bool inherited) {
    set_inherited(memory_file.get(), inherited);
    for (const uint64_t fd : descriptors) {
      set_inherited(static_cast<int>(fd), inherited);
    }
  };
  inherit_all(true);
  ::execve(program.path.c_str(), arguments.data(), variables.data());
  const int error = errno;
  inherit_all(false);
  return with_reason(program.path, error);
}

}  // namespace rivulet::os

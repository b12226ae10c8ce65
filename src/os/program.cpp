#include "os/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/text.h"

namespace rivulet::os {
namespace {

constexpr const char* kVariable = "RIVULET_UPGRADE_STATE";
constexpr const char* kSelf = "/proc/self/exe";

std::string why(std::string_view what) {
  return fmt::format("{}: {}", what, std::strerror(errno));
}

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

// In the folders of PATH, in their order.
std::string search(const std::string& name) {
  const char* folders = std::getenv("PATH");
  std::string_view rest = folders == nullptr ? "" : folders;
  while (!rest.empty()) {
    const std::string folder(base::take_until(rest, ':'));
    std::string path = absolute(fmt::format("{}/{}", folder, name));
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

// What execve(2) takes of texts, which outlive it.
std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (const std::string& text : texts) {
    all.push_back(const_cast<char*>(text.c_str()));
  }
  all.push_back(nullptr);
  return all;
}

std::vector<std::string> environment_with(const UniqueFd& memory_file) {
  std::vector<std::string> all;
  for (char** one = environ; *one != nullptr; ++one) all.emplace_back(*one);
  all.push_back(fmt::format("{}={}", kVariable, memory_file.get()));
  return all;
}

void set_inherited(int fd, bool inherited) {
  ::fcntl(fd, F_SETFD, inherited ? 0 : FD_CLOEXEC);
}

// Writing more than RLIMIT_FSIZE would be answered by a signal that kills.
bool fits_in_a_file(size_t size) {
  rlimit limit{};
  return ::getrlimit(RLIMIT_FSIZE, &limit) != 0 || size <= limit.rlim_cur;
}

std::string describe(int status) {
  if (WIFSIGNALED(status)) {
    return fmt::format("it was killed by signal {}", WTERMSIG(status));
  }
  const int code = WEXITSTATUS(status);
  return code == 0 ? std::string() : fmt::format("exit status {}", code);
}

}  // namespace

std::string find_program(const std::string& name) {
  const bool is_path = name.find('/') != std::string::npos;
  std::string path = is_path ? absolute(name) : search(name);
  return is_this_program(path) ? path : ask_kernel();
}

UniqueFd make_memory_file(std::string_view bytes, std::string& problem) {
  UniqueFd file(::memfd_create("rivulet-state", MFD_CLOEXEC));
  if (!file.valid()) {
    problem = why("cannot make a file in memory");
    return {};
  }
  errno = EFBIG;
  while (!bytes.empty() && fits_in_a_file(bytes.size())) {
    const ssize_t size = ::write(file.get(), bytes.data(), bytes.size());
    if (size <= 0) break;
    bytes.remove_prefix(static_cast<size_t>(size));
  }
  if (bytes.empty()) return file;
  problem = why("cannot write the state to memory");
  return {};
}

// ---- GivenBytes

GivenBytes::GivenBytes() {
  const char* number = std::getenv(kVariable);
  if (number == nullptr) return;
  given_ = true;
  const auto fd = base::parse_decimal(number);
  ::unsetenv(kVariable);
  struct stat info {};
  if (!fd || *fd > INT_MAX || ::fstat(static_cast<int>(*fd), &info) != 0 ||
      !S_ISREG(info.st_mode) || info.st_size <= 0) {
    return;
  }
  const UniqueFd file(static_cast<int>(*fd));
  const auto size = static_cast<size_t>(info.st_size);
  void* memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (memory == MAP_FAILED) return;
  bytes_ = {static_cast<const char*>(memory), size};
}

GivenBytes::~GivenBytes() {
  if (bytes_.empty()) return;
  ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

// ---- Child

bool Child::start(const std::string& path, const std::string& argument,
                  const UniqueFd& memory_file, std::string& problem) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    problem = why("cannot make a pipe");
    return false;
  }
  UniqueFd output(ends[0]);
  const UniqueFd input(ends[1]);
  ::fcntl(output.get(), F_SETFL, O_NONBLOCK);
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawnattr_init(&attributes);
  // A descriptor that is "duplicated" to its own number is inherited.
  ::posix_spawn_file_actions_adddup2(&files, input.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, input.get(), STDERR_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, memory_file.get(),
                                     memory_file.get());
  // Where it is ignored, nobody waits for children, and their numbers may be
  // others' by the time that we do.
  ::signal(SIGCHLD, SIG_DFL);
  sigset_t none;  // we have blocked those that we read
  sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  const std::vector<std::string> arguments{path, argument};
  const std::vector<std::string> environment = environment_with(memory_file);
  const int error =
      ::posix_spawn(&pid_, path.c_str(), &files, &attributes,
                    pointers(arguments).data(), pointers(environment).data());
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) {
    pid_ = 0;
    errno = error;
    problem = why(path);
    return false;
  }
  output_ = std::move(output);
  return true;
}

bool Child::read(std::string& said) const {
  constexpr size_t kMost = 4096;
  std::array<char, 1024> buffer;
  const ssize_t size = ::read(output_.get(), buffer.data(), buffer.size());
  if (size <= 0) return size == 0;
  if (said.size() < kMost) said.append(buffer.data(), size_t(size));
  return false;
}

// The status of one that is ending already stays what it was.
std::string Child::finish() {
  if (pid_ == 0) return {};
  int status = 0;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  return describe(status);
}

Child::~Child() {
  [[maybe_unused]] const std::string status = finish();
}

// ----

std::string become(const Program& program, const UniqueFd& memory_file,
                   std::span<const uint64_t> descriptors) {
  const std::vector<std::string> environment = environment_with(memory_file);
  const std::vector<char*> arguments = pointers(program.arguments);
  const std::vector<char*> variables = pointers(environment);
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
  errno = error;
  return why(program.path);
}

}  // namespace rivulet::os

#include "os/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include "os/exec.h"

namespace rivulet::os {
namespace {

constexpr size_t kReadSize = 1024;
constexpr size_t kMaxSaid = size_t{4} * 1024;

// What posix_spawn(3) does in the child before it runs the program.
class Preparation {
 public:
  // The child's stdout and stderr are `output`; it inherits `memory_file`.
  Preparation(const UniqueFd& output, const UniqueFd& memory_file);
  Preparation(const Preparation&) = delete;
  Preparation& operator=(const Preparation&) = delete;
  ~Preparation();

  // The errno of posix_spawn(3), or of what it was told to do; 0 when the child
  // runs.
  [[nodiscard]] int spawn(int& pid, const std::string& path,
                          const std::vector<std::string>& arguments,
                          const std::vector<std::string>& environment) const;

 private:
  void note(int error) {
    if (error_ == 0) error_ = error;
  }

  int error_ = 0;  // the first
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

Preparation::Preparation(const UniqueFd& output, const UniqueFd& memory_file) {
  note(::posix_spawn_file_actions_init(&files_));
  note(::posix_spawnattr_init(&attributes_));
  const auto duplicate = [this](const UniqueFd& from, int to) {
    note(::posix_spawn_file_actions_adddup2(&files_, from.get(), to));
  };
  duplicate(output, STDOUT_FILENO);
  duplicate(output, STDERR_FILENO);
  // One that is "duplicated" to its own number is inherited.
  duplicate(memory_file, memory_file.get());
  sigset_t none;  // we have blocked those that we read
  sigemptyset(&none);
  note(::posix_spawnattr_setsigmask(&attributes_, &none));
  note(::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK));
}

Preparation::~Preparation() {
  ::posix_spawn_file_actions_destroy(&files_);
  ::posix_spawnattr_destroy(&attributes_);
}

int Preparation::spawn(int& pid, const std::string& path,
                       const std::vector<std::string>& arguments,
                       const std::vector<std::string>& environment) const {
  if (error_ != 0) return error_;
  return ::posix_spawn(&pid, path.c_str(), &files_, &attributes_,
                       pointers_to(arguments).data(),
                       pointers_to(environment).data());
}

std::string describe(int status) {
  if (WIFSIGNALED(status)) {
    return fmt::format("it was killed by signal {}", WTERMSIG(status));
  }
  const int code = WEXITSTATUS(status);
  return code == 0 ? std::string() : fmt::format("exit status {}", code);
}

}  // namespace

bool Child::start(const std::string& path, const std::string& argument,
                  const UniqueFd& memory_file, std::string& problem) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    problem = with_reason("cannot make a pipe", errno);
    return false;
  }
  UniqueFd output(ends[0]);
  const UniqueFd input(ends[1]);
  ::fcntl(output.get(), F_SETFL, O_NONBLOCK);
  // Where it is ignored, nobody waits for children, and their numbers may be
  // others' by the time that we do.
  ::signal(SIGCHLD, SIG_DFL);
  int pid = 0;
  const int error =
      Preparation(input, memory_file)
          .spawn(pid, path, {path, argument}, environment_with(memory_file));
  if (error != 0) {
    problem = with_reason(path, error);
    return false;
  }
  pid_ = pid;
  output_ = std::move(output);
  return true;
}

bool Child::read(std::string& said) const {
  std::array<char, kReadSize> buffer;
  const ssize_t size = ::read(output_.get(), buffer.data(), buffer.size());
  if (size <= 0) return size == 0;
  const size_t room = kMaxSaid - std::min(said.size(), kMaxSaid);
  said.append(buffer.data(), std::min(static_cast<size_t>(size), room));
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

}  // namespace rivulet::os

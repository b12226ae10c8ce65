// This program as a file, and what becomes of it when it changes: another
// process that tries the new one, and this process when it becomes the new one
// (server/upgrade.h).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "os/unique_fd.h"

namespace rivulet::os {

struct Program {
  // Where its file is now and the next one will be, links and all; absolute.
  // Empty when nobody knows.
  std::string path;
  // As it was called, its name first: what `ps` shows.
  std::vector<std::string> arguments;
};

// Where the program lies that was called by this name: in this folder, or in
// one of PATH. What the kernel says where that is another file: there a link
// that has been followed cannot be followed anew.
[[nodiscard]] std::string find_program(const std::string& name);

// Bytes in memory that another program may be given (memfd_create(2)). Invalid
// when there is no room, and `problem` says why.
[[nodiscard]] UniqueFd make_memory_file(std::string_view bytes,
                                        std::string& problem);

// The bytes that this process was given by the one whose place it takes, or
// that started it to try. They live as long as this.
class GivenBytes {
 public:
  // Those that the environment names, which is the last time that it does.
  GivenBytes();
  GivenBytes(const GivenBytes&) = delete;
  GivenBytes& operator=(const GivenBytes&) = delete;
  ~GivenBytes();

  // Whether there are any, be they none that can be read.
  [[nodiscard]] bool given() const { return given_; }
  [[nodiscard]] std::string_view bytes() const { return bytes_; }

 private:
  bool given_ = false;
  std::string_view bytes_;
};

// A process that runs another program. What it says, on stdout and stderr, is
// read from a pipe, whose end is its end. It does not outlive this.
class Child {
 public:
  Child() = default;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  // Starts `path` with one argument; it is given `memory_file`, and no other
  // descriptor of ours. False when it cannot, and `problem` says why.
  [[nodiscard]] bool start(const std::string& path, const std::string& argument,
                           const UniqueFd& memory_file, std::string& problem);

  // To be watched for something to read.
  [[nodiscard]] int fd() const { return output_.get(); }
  // Takes some of what it has said: appends it to `said`, up to a limit. True
  // when it has closed the pipe, be it by its end.
  [[nodiscard]] bool read(std::string& said) const;

  // Ends it, unless it has ended by itself, and says how that was: nothing when
  // it was well ("exit status 0").
  [[nodiscard]] std::string finish();

 private:
  int pid_ = 0;  // 0: there is none
  UniqueFd output_;
};

// Makes this process run `program`, which is given `memory_file` and keeps
// `descriptors`; all others close. Comes back only when it cannot, and says
// why: nothing has changed then.
[[nodiscard]] std::string become(const Program& program,
                                 const UniqueFd& memory_file,
                                 std::span<const uint64_t> descriptors);

}  // namespace rivulet::os

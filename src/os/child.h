// A process that runs another program, which tries whether it could take our
// place (server/upgrade.h).
#pragma once

#include <string>

#include "os/unique_fd.h"

namespace rivulet::os {

// What it says, on stdout and stderr, is read from a pipe, whose end is its
// end. It does not outlive this.
class Child {
 public:
  Child() = default;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  // Starts `path` with one argument; it is given `memory_file`, and no other
  // descriptor of ours but stdin. False when it cannot, and `problem` says why.
  [[nodiscard]] bool start(const std::string& path, const std::string& argument,
                           const UniqueFd& memory_file, std::string& problem);

  // To be watched for something to read.
  [[nodiscard]] int fd() const { return output_.get(); }
  // Takes some of what it has said: appends it to `said`, up to 4 KiB in all.
  // True when it has closed the pipe, be it by its end.
  [[nodiscard]] bool read(std::string& said) const;

  // Ends it, unless it has ended by itself, and says how that was: nothing when
  // it was well ("exit status 0").
  [[nodiscard]] std::string finish();

 private:
  int pid_ = 0;  // 0: there is none
  UniqueFd output_;
};

}  // namespace rivulet::os

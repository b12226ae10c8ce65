// What is thrown when the operator asked for what cannot be: at start, and when
// SIGHUP has the options read again.
#pragma once

#include <stdexcept>

namespace rivulet::daemon {

// A value that cannot be taken; says what is allowed.
class OptionError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Wrong flags: whoever typed them, or wrote the script, is to mend them.
class UsageError : public OptionError {
 public:
  using OptionError::OptionError;
};

// The flags are fine; the file or the environment is not.
class ConfigError : public OptionError {
 public:
  using OptionError::OptionError;
};

}  // namespace rivulet::daemon

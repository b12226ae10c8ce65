#include "os/memory_file.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>

#include "base/text.h"
#include "os/exec.h"

namespace rivulet::os {
namespace {

// Writing more than RLIMIT_FSIZE would be answered by a signal that kills.
bool fits_in_a_file(size_t size) {
  rlimit limit{};
  return ::getrlimit(RLIMIT_FSIZE, &limit) != 0 || size <= limit.rlim_cur;
}

}  // namespace

UniqueFd make_memory_file(std::string_view bytes, std::string& problem) {
  UniqueFd file(::memfd_create("rivulet-state", MFD_CLOEXEC));
  if (!file.valid()) {
    problem = with_reason("cannot make a file in memory", errno);
    return {};
  }
  errno = EFBIG;
  while (!bytes.empty() && fits_in_a_file(bytes.size())) {
    const ssize_t size = ::write(file.get(), bytes.data(), bytes.size());
    if (size <= 0) break;
    bytes.remove_prefix(static_cast<size_t>(size));
  }
  if (bytes.empty()) return file;
  problem = with_reason("cannot write the state to memory", errno);
  return {};
}

GivenBytes::GivenBytes() {
  const char* number = std::getenv(kMemoryFileVariable);
  if (number == nullptr) return;
  given_ = true;
  const auto fd = base::parse_decimal(number);
  ::unsetenv(kMemoryFileVariable);
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

}  // namespace rivulet::os

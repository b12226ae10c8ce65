#include "os/process_usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <system_error>

#include "os/process.h"
#include "os/unique_fd.h"

namespace rivulet::os {
namespace {

constexpr const char* kDescriptors = "/proc/self/fd";
// Enough for the first two numbers of statm, of up to 20 digits each.
constexpr size_t kStatmBytes = 128;

std::chrono::microseconds cpu_time() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto time = [](const timeval& value) {
    return std::chrono::seconds(value.tv_sec) +
           std::chrono::microseconds(value.tv_usec);
  };
  return time(usage.ru_utime) + time(usage.ru_stime);
}

// The second number of /proc/self/statm, which counts pages.
std::optional<uint64_t> resident_bytes() {
  const UniqueFd file(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  std::array<char, kStatmBytes> buffer;
  const ssize_t size =
      file.valid() ? ::read(file.get(), buffer.data(), buffer.size()) : -1;
  if (size <= 0) return std::nullopt;
  std::string_view text(buffer.data(), static_cast<size_t>(size));
  text.remove_prefix(std::min(text.find(' ') + 1, text.size()));
  uint64_t pages = 0;
  const auto read =
      std::from_chars(text.data(), text.data() + text.size(), pages);
  if (read.ec != std::errc()) return std::nullopt;
  return pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

// Entries of the folder that are numbers, without the one that reads it.
std::optional<uint64_t> count_descriptors() {
  DIR* const folder = ::opendir(kDescriptors);
  if (folder == nullptr) return std::nullopt;
  uint64_t count = 0;
  while (const dirent* entry = ::readdir(folder)) {
    if (entry->d_name[0] != '.') ++count;
  }
  ::closedir(folder);
  return count - 1;
}

// Linux says how many there are as the size of the folder since 6.2.
std::optional<uint64_t> descriptors() {
  struct stat info {};
  if (::stat(kDescriptors, &info) != 0) return std::nullopt;
  if (info.st_size > 0) return static_cast<uint64_t>(info.st_size);
  return count_descriptors();
}

}  // namespace

ProcessUsage process_usage() {
  return {.cpu = cpu_time(),
          .resident_bytes = resident_bytes(),
          .descriptors = descriptors(),
          .descriptor_limit = descriptor_limit()};
}

}  // namespace rivulet::os

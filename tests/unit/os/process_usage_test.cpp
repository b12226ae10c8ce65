// Tests os/process_usage.h: the kernel's figures of this very process.
#include "os/process_usage.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <filesystem>
#include <iterator>
#include <memory>

#include "os/process.h"

namespace rivulet::os {
namespace {

constexpr size_t kMiB = size_t{1024} * 1024;

TEST_CASE("processor time goes on while the process works") {
  const auto before = process_usage().cpu;
  volatile unsigned work = 0;
  while (process_usage().cpu == before) work = work + 1;
  CHECK(process_usage().cpu > before);
}

TEST_CASE("memory that is touched is resident") {
  const auto before = process_usage().resident_bytes;
  REQUIRE(before.has_value());
  CHECK(*before > kMiB);
  CHECK(*before < 64 * 1024 * kMiB);
  const size_t size = 64 * kMiB;
  const auto memory = std::make_unique<char[]>(size);
  for (size_t i = 0; i < size; i += 1024) memory[i] = 1;
  CHECK(process_usage().resident_bytes.value_or(0) > *before + size / 2);
}

TEST_CASE("each open descriptor is counted once") {
  const auto before = process_usage().descriptors;
  REQUIRE(before.has_value());
  const std::filesystem::directory_iterator all("/proc/self/fd");
  const UniqueFd one = open_placeholder();
  const UniqueFd two = open_placeholder();
  // The folder that is open, too.
  CHECK(process_usage().descriptors == *before + 3);
}

TEST_CASE("the limit of descriptors is the one that holds") {
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  CHECK(process_usage().descriptor_limit == limit.rlim_cur);
}

}  // namespace
}  // namespace rivulet::os

// What every experiment here has in common: how something is timed, and how the
// rows are shown.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string_view>
#include <vector>

namespace rivulet::bench {

inline constexpr size_t kRounds = 7;

// The median of some rounds of `work()`, in nanoseconds for each of `times`.
// `before()` prepares each round and is not timed.
template <typename Before, typename Work>
double nanoseconds_each(size_t times, Before before, Work work) {
  std::vector<double> samples;
  for (size_t n = 0; n < kRounds; ++n) {
    before();
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double, std::nano> took =
        std::chrono::steady_clock::now() - start;
    samples.push_back(took.count() / static_cast<double>(times));
  }
  std::ranges::sort(samples);
  return samples[kRounds / 2];
}

template <typename Work>
double nanoseconds_each(size_t times, Work work) {
  return nanoseconds_each(
      times, [] {}, work);
}

inline void show_title(std::string_view text) {
  fmt::print("\n{}\n", text);
}

inline void show_row(std::string_view name, double figure) {
  fmt::print("  {:<52}{:>10.1f}\n", name, figure);
}

// Keeps the compiler from leaving out what computes `value`.
template <typename T>
void use(const T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

void compare_walks();
void compare_queues();
void compare_deadlines();
void compare_triggers();

}  // namespace rivulet::bench

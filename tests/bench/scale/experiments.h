// What is measured of a crowd: each experiment has a process of its own, so
// that the memory of one is not what another has left.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "crowd.h"
#include "meter.h"

namespace rivulet::bench {

constexpr size_t kMostRows = 2;

struct Experiment {
  std::string_view name;  // for --only
  CrowdPlan plan;         // but for the number of streams
  // What the figures are, each with its unit; the second may be empty.
  std::string_view rows[kMostRows];
  // Fills in a figure for each row, medians of `rounds`. `crowd` is empty.
  void (*run)(Crowd& crowd, size_t rounds, std::span<Figure, kMostRows> out);
};

[[nodiscard]] std::span<const Experiment> experiments();

}  // namespace rivulet::bench

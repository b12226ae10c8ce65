// rivulet-scale: what streams cost the server apart from the kernel's part, as
// a table for 1,000 to 1,000,000 of them (crowd.h says what they are).
//
//   --streams N    so many only
//   --only NAME    one experiment only, for callgrind: memory, connect,
//                  broadcast, broadcast-scattered, topic, small-topics, client,
//                  memory-topics or connect-topics
//   --rounds N     the figures are medians of so many (5; more for few streams)
//
// Below each figure of time it prints the processor's counts for each receiver,
// or at the end why there are none.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "counters.h"
#include "experiments.h"

namespace rivulet::bench {
namespace {

using Row = std::array<Figure, kMostRows>;

struct Arguments {
  std::vector<size_t> streams = {1'000, 10'000, 100'000, 1'000'000};
  std::string_view only;
  size_t rounds = 0;  // 0: by the number of streams
};

bool known(std::string_view name) {
  return std::ranges::any_of(experiments(), [name](const Experiment& one) {
    return one.name == name;
  });
}

bool read_option(Arguments& arguments, std::string_view name,
                 std::string_view value) {
  if (name == "--only") {
    arguments.only = value;
    return known(value);
  }
  const auto number = base::parse_decimal(value);
  if (!number || *number == 0) return false;
  if (name == "--streams") {
    arguments.streams = {*number};
  } else if (name == "--rounds") {
    arguments.rounds = *number;
  } else {
    return false;
  }
  return true;
}

std::optional<Arguments> read_arguments(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (++i == argc || !read_option(arguments, name, argv[i])) {
      return std::nullopt;
    }
  }
  return arguments;
}

size_t rounds_for(const Arguments& arguments, size_t streams) {
  constexpr size_t kLeast = 5;
  constexpr size_t kVisits = 1'000'000;
  if (arguments.rounds > 0) return arguments.rounds;
  return std::max(kLeast, kVisits / streams);
}

Row run_here(const Experiment& experiment, const Arguments& arguments,
             size_t streams) {
  CrowdPlan plan = experiment.plan;
  plan.streams = streams;
  Crowd crowd(plan);
  Row row{};
  experiment.run(crowd, rounds_for(arguments, streams), row);
  return row;
}

// In a process of its own, which tells through a pipe.
Row run_apart(const Experiment& experiment, const Arguments& arguments,
              size_t streams) {
  int ends[2];
  if (::pipe(ends) != 0) std::abort();
  const pid_t child = ::fork();
  if (child == 0) {
    const Row row = run_here(experiment, arguments, streams);
    const ssize_t size = ::write(ends[1], row.data(), sizeof(row));
    // The parent's output and handlers at exit are the parent's.
    ::_exit(size == ssize_t{sizeof(row)} ? EXIT_SUCCESS : EXIT_FAILURE);
  }
  ::close(ends[1]);
  Row row{};
  const bool told = ::read(ends[0], row.data(), sizeof(row)) == sizeof(row);
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  if (!told) std::exit(EXIT_FAILURE);
  return row;
}

// Nothing where nothing was counted.
void print_counts(const std::vector<Row>& columns, size_t row) {
  for (size_t kind = 0; kind < Counters::kKinds; ++kind) {
    const auto counted = [row, kind](const Row& column) {
      return column[row].counts[kind] > 0;
    };
    if (std::ranges::none_of(columns, counted)) continue;
    fmt::print("  {:<34}", Counters::kNames[kind]);
    for (const Row& column : columns) {
      fmt::print("{:>10.2f}", column[row].counts[kind]);
    }
    fmt::print("\n");
  }
}

void print_experiment(const Experiment& experiment,
                      const Arguments& arguments) {
  std::vector<Row> columns;
  for (const size_t streams : arguments.streams) {
    columns.push_back(run_apart(experiment, arguments, streams));
  }
  for (size_t i = 0; i < kMostRows; ++i) {
    if (experiment.rows[i].empty()) continue;
    fmt::print("{:<36}", experiment.rows[i]);
    for (const Row& column : columns) fmt::print("{:>10.1f}", column[i].value);
    fmt::print("\n");
    print_counts(columns, i);
  }
  std::fflush(stdout);
}

int run(int argc, char** argv) {
  const auto arguments = read_arguments(argc, argv);
  if (!arguments) {
    fmt::print(stderr,
               "usage: rivulet-scale [--streams N] [--only NAME] "
               "[--rounds N]\n");
    return EXIT_FAILURE;
  }
  fmt::print("{:<36}", "streams");
  for (const size_t streams : arguments->streams) fmt::print("{:>10}", streams);
  fmt::print("\n");
  std::fflush(stdout);
  for (const Experiment& experiment : experiments()) {
    if (arguments->only.empty() || arguments->only == experiment.name) {
      print_experiment(experiment, *arguments);
    }
  }
  const Counters counters;
  if (!counters.missing().empty()) {
    fmt::print("no counts of cache and TLB misses: {}\n", counters.missing());
  }
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace rivulet::bench

int main(int argc, char** argv) {
  return rivulet::bench::run(argc, argv);
}

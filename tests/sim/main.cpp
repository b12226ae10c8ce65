// rivulet-sim: runs the server on a simulated kernel, one schedule for each
// seed, and stops at the first that breaks a promise.
//
//   --seed N        one seed, with a trace of all that happens
//   --from N        the first seed of several; drawn by default
//   --schedules N   how many
//   --seconds N     or for how long
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <random>
#include <string_view>

#include "base/text.h"
#include "schedule.h"

namespace rivulet::sim {
namespace {

// The seed that runs, as text, for when an assertion ends the process.
char seed_text[96];

void set_seed_text(uint64_t seed) {
  const auto end = fmt::format_to_n(seed_text, sizeof(seed_text) - 1,
                                    "\nviolation: seed {} aborts; replay it "
                                    "with: make sim SEED={}\n",
                                    seed, seed);
  *end.out = '\0';
}

void print_seed(int signal) {
  const ssize_t ignored =
      ::write(STDOUT_FILENO, seed_text, std::strlen(seed_text));
  (void)ignored;
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

struct Arguments {
  std::optional<uint64_t> seed;
  uint64_t from = std::random_device()() % 1'000'000'000U;
  uint64_t schedules = UINT64_MAX;
  uint64_t seconds = UINT64_MAX;
};

std::optional<Arguments> read_arguments(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    const auto value = base::parse_decimal(i + 1 < argc ? argv[i + 1] : "");
    if (!value) return std::nullopt;
    if (name == "--seed") {
      arguments.seed = *value;
    } else if (name == "--from") {
      arguments.from = *value;
    } else if (name == "--schedules") {
      arguments.schedules = *value;
    } else if (name == "--seconds") {
      arguments.seconds = *value;
    } else {
      return std::nullopt;
    }
  }
  return arguments;
}

Outcome run(uint64_t seed, bool traced) {
  set_seed_text(seed);
  return Schedule(seed, traced).run();
}

bool report(uint64_t seed, const Outcome& outcome) {
  if (outcome.violation.empty()) return true;
  fmt::print("violation: seed {}: {}\nreplay it with: make sim SEED={}\n", seed,
             outcome.violation, seed);
  return false;
}

int run_one(uint64_t seed) {
  const Outcome outcome = run(seed, true);
  fmt::print(
      "seed {}: {} turns, {} connections, {} events, {} deliveries, "
      "digest {:016x}\n",
      seed, outcome.turns, outcome.connections, outcome.events,
      outcome.deliveries, outcome.digest);
  return report(seed, outcome) ? EXIT_SUCCESS : EXIT_FAILURE;
}

// A seed that runs twice must do the same twice.
bool replays(uint64_t seed, const Outcome& outcome) {
  constexpr uint64_t kEvery = 50;
  if (seed % kEvery != 0) return true;
  if (run(seed, false).digest == outcome.digest) return true;
  fmt::print(
      "violation: seed {} does not replay: the run depends on something "
      "else\n",
      seed);
  return false;
}

int run_many(const Arguments& arguments) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const auto elapsed = [&start] {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  fmt::print("seeds from {}\n", arguments.from);
  std::fflush(stdout);
  Outcome sum;
  uint64_t done = 0;
  while (done < arguments.schedules &&
         elapsed() < static_cast<double>(arguments.seconds)) {
    const uint64_t seed = arguments.from + done;
    const Outcome outcome = run(seed, false);
    if (!report(seed, outcome) || !replays(seed, outcome)) {
      fmt::print("found after {} schedules\n", done + 1);
      return EXIT_FAILURE;
    }
    ++done;
    sum.turns += outcome.turns;
    sum.connections += outcome.connections;
    sum.events += outcome.events;
    sum.deliveries += outcome.deliveries;
  }
  fmt::print(
      "{} schedules without a violation, seeds {} to {}, in {:.1f} s: "
      "{} turns, {} connections, {} events, {} deliveries\n",
      done, arguments.from, arguments.from + done - 1, elapsed(), sum.turns,
      sum.connections, sum.events, sum.deliveries);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace rivulet::sim

int main(int argc, char** argv) {
  using namespace rivulet::sim;
  const auto arguments = read_arguments(argc, argv);
  if (!arguments) {
    fmt::print(
        "usage: rivulet-sim [--seed N | [--from N] [--schedules N] "
        "[--seconds N]]\n");
    return EXIT_FAILURE;
  }
  std::signal(SIGABRT, print_seed);
  std::signal(SIGSEGV, print_seed);
  return arguments->seed ? run_one(*arguments->seed) : run_many(*arguments);
}

#include "experiments.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>
#include <vector>

namespace rivulet::bench {
namespace {

using Figures = std::span<double, kMostRows>;
using Samples = std::vector<double>;

double median(Samples& samples) {
  std::sort(samples.begin(), samples.end());
  return samples[samples.size() / 2];
}

template <typename Work>
double nanoseconds(Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  const auto took = std::chrono::steady_clock::now() - start;
  return std::chrono::duration<double, std::nano>(took).count();
}

size_t malloc_bytes() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  size_t total = 0;
  size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

void measure_memory(Crowd& crowd, size_t /*rounds*/, Figures out) {
  const size_t used = malloc_bytes();
  const size_t resident = resident_bytes();
  crowd.connect();
  const auto count = static_cast<double>(crowd.size());
  out[0] = static_cast<double>(malloc_bytes() - used) / count;
  out[1] = static_cast<double>(resident_bytes() - resident) / count;
}

void measure_churn(Crowd& crowd, size_t rounds, Figures out) {
  const auto count = static_cast<double>(crowd.size());
  Samples connects;
  Samples disconnects;
  for (size_t n = 0; n < rounds; ++n) {
    connects.push_back(nanoseconds([&] { crowd.connect(); }) / count);
    disconnects.push_back(nanoseconds([&] { crowd.disconnect(); }) / count);
  }
  out[0] = median(connects);
  out[1] = median(disconnects);
}

// Of one event to all: queueing it, and writing it out.
void measure_fan_out(Crowd& crowd, size_t rounds, const hub::Target& target,
                     Figures out) {
  crowd.connect();
  Samples queueing;
  Samples writing;
  for (size_t n = 0; n < rounds; ++n) {
    size_t receivers = 0;
    const double queued =
        nanoseconds([&] { receivers = crowd.publish(target); });
    const double written = nanoseconds([&] { crowd.write_out(receivers); });
    queueing.push_back(queued / static_cast<double>(receivers));
    writing.push_back(written / static_cast<double>(receivers));
  }
  out[0] = median(queueing);
  out[1] = median(writing);
}

void measure_broadcast(Crowd& crowd, size_t rounds, Figures out) {
  measure_fan_out(crowd, rounds, {}, out);
}

void measure_topic(Crowd& crowd, size_t rounds, Figures out) {
  const std::vector<std::string> topics = {Crowd::topic_of_all()};
  measure_fan_out(crowd, rounds, {.client = {}, .topics = topics}, out);
}

constexpr size_t kPublishesARound = 2000;

// Publishes to many names that `draw` gives, each as `target_of` says.
template <typename Draw, typename TargetOf>
void measure_targets(Crowd& crowd, size_t rounds, Figures out, Draw draw,
                     TargetOf target_of) {
  crowd.connect();
  Samples samples;
  for (size_t n = 0; n < rounds; ++n) {
    std::vector<std::string> names;
    for (size_t i = 0; i < kPublishesARound; ++i) names.push_back(draw());
    size_t receivers = 0;
    const double took = nanoseconds([&] {
      for (const std::string& name : names) {
        const size_t count = crowd.publish(target_of(name));
        crowd.write_out(count);
        receivers += count;
      }
    });
    samples.push_back(took / static_cast<double>(receivers));
  }
  out[0] = median(samples);
}

void measure_small_topics(Crowd& crowd, size_t rounds, Figures out) {
  measure_targets(
      crowd, rounds, out,
      [&] {
        return Crowd::small_topic(crowd.random().below(crowd.small_topics()));
      },
      [](const std::string& name) {
        return hub::Target{.client = {}, .topics = {&name, 1}};
      });
}

void measure_client(Crowd& crowd, size_t rounds, Figures out) {
  measure_targets(
      crowd, rounds, out,
      [&] { return crowd.id(crowd.random().below(crowd.size())); },
      [](const std::string& name) {
        return hub::Target{.client = name, .topics = {}};
      });
}

constexpr CrowdPlan kInOrder{.scattered = false};
constexpr CrowdPlan kScattered{.scattered = true};
constexpr CrowdPlan kWithTopics{.topics = true, .scattered = true};

constexpr Experiment kExperiments[] = {
    {"memory",
     kScattered,
     {"idle stream: malloc, bytes", "idle stream: RSS, bytes"},
     measure_memory},
    {"memory-topics",
     kWithTopics,
     {"with 3 topics: malloc, bytes", "with 3 topics: RSS, bytes"},
     measure_memory},
    {"connect", kScattered, {"connect, ns", "disconnect, ns"}, measure_churn},
    {"connect-topics",
     kWithTopics,
     {"connect with 3 topics, ns", "disconnect with 3 topics, ns"},
     measure_churn},
    {"broadcast",
     kInOrder,
     {"broadcast: queueing, ns/receiver", "broadcast: writing, ns/receiver"},
     measure_broadcast},
    {"broadcast-scattered",
     kScattered,
     {"scattered: queueing, ns/receiver", "scattered: writing, ns/receiver"},
     measure_broadcast},
    {"topic",
     kWithTopics,
     {"topic of all: queueing, ns/receiver",
      "topic of all: writing, ns/receiver"},
     measure_topic},
    {"small-topics",
     kWithTopics,
     {"topic of 10: both, ns/receiver", ""},
     measure_small_topics},
    {"client", kScattered, {"to one client: both, ns", ""}, measure_client},
};

}  // namespace

std::span<const Experiment> experiments() {
  return kExperiments;
}

}  // namespace rivulet::bench

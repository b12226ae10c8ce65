#include "experiments.h"

#include <malloc.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

namespace rivulet::bench {
namespace {

using Figures = std::span<Figure, kMostRows>;

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
  out[0].value = static_cast<double>(malloc_bytes() - used) / count;
  out[1].value = static_cast<double>(resident_bytes() - resident) / count;
}

void measure_churn(Crowd& crowd, size_t rounds, Figures out) {
  Meter connecting;
  Meter disconnecting;
  for (size_t n = 0; n < rounds; ++n) {
    connecting.measure([&] {
      crowd.connect();
      return crowd.size();
    });
    disconnecting.measure([&] {
      crowd.disconnect();
      return crowd.size();
    });
  }
  out[0] = connecting.figure();
  out[1] = disconnecting.figure();
}

// Of one event to all: queueing it, and writing it out.
void measure_fan_out(Crowd& crowd, size_t rounds, const hub::Target& target,
                     Figures out) {
  crowd.connect();
  Meter queueing;
  Meter writing;
  for (size_t n = 0; n < rounds; ++n) {
    size_t receivers = 0;
    queueing.measure([&] { return receivers = crowd.publish(target); });
    writing.measure([&] {
      crowd.write_out(receivers);
      return receivers;
    });
  }
  out[0] = queueing.figure();
  out[1] = writing.figure();
}

void measure_broadcast(Crowd& crowd, size_t rounds, Figures out) {
  measure_fan_out(crowd, rounds, {}, out);
}

void measure_topic(Crowd& crowd, size_t rounds, Figures out) {
  const std::vector<std::string> topics = {Crowd::topic_of_all()};
  measure_fan_out(crowd, rounds, {.client = {}, .topics = topics}, out);
}

// As many as the history keeps.
constexpr size_t kPublishesARound = 10'000;

// Publishes to many names that `draw` gives, each as `target_of` says.
template <typename Draw, typename TargetOf>
void measure_targets(Crowd& crowd, size_t rounds, Figures out, Draw draw,
                     TargetOf target_of) {
  crowd.connect();
  Meter both;
  for (size_t n = 0; n < rounds; ++n) {
    std::vector<std::string> names;
    for (size_t i = 0; i < kPublishesARound; ++i) names.push_back(draw());
    const auto publish = [&] {
      size_t receivers = 0;
      for (const std::string& name : names) {
        const size_t count = crowd.publish(target_of(name));
        crowd.write_out(count);
        receivers += count;
      }
      return receivers;
    };
    // The first events find a history that is not full yet.
    if (n == 0) (void)publish();
    both.measure(publish);
  }
  out[0] = both.figure();
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

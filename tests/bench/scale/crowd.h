// Very many streams without sockets: the server's own (server/stream.h), in its
// own reactor and hub, on a kernel that does nothing (no_kernel.h).
//
// The streams get descriptors one after another, as in a server that has
// started not long ago. Scattered ones get them in random order, and are opened
// in another: as after clients have come and gone for long, when one
// allocator's order, the kernel's, and that of arrival have nothing to do with
// each other. Whatever is visited in any order but that in which it lies jumps
// about in memory then, and pays for it when that does not fit into the caches.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "server/context.h"
#include "server/outcome.h"
#include "server/settings.h"

namespace rivulet::server {
class Stream;
}

namespace rivulet::bench {

struct CrowdPlan {
  size_t streams = 0;
  // Each stream's topics: the one of all, one of 10 streams, one of 1000.
  bool topics = false;
  bool scattered = false;
};

class Crowd {
 public:
  static constexpr size_t kSmallTopic = 10;

  // All that the bench itself needs is allocated here.
  explicit Crowd(CrowdPlan plan);
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  [[nodiscard]] size_t size() const { return plan_.streams; }
  [[nodiscard]] base::Random& random() { return random_; }

  // Opens all, and writes what opens them, as many in a turn as a busy server
  // would. Then the other way, in another random order.
  void connect();
  void disconnect();

  // Queues one event for each receiver, and answers how many they are.
  size_t publish(const hub::Target& target);
  // Has the reactor write what is queued for so many.
  void write_out(size_t receivers);

  [[nodiscard]] const std::string& id(size_t index) const {
    return wanted_[index].id;
  }
  [[nodiscard]] static std::string topic_of_all() { return "all"; }
  [[nodiscard]] static std::string small_topic(size_t number);
  [[nodiscard]] size_t small_topics() const;

 private:
  static constexpr size_t kATurn = 256;

  void shuffle(std::vector<size_t>& order);

  CrowdPlan plan_;
  base::Random random_{1};
  base::Log log_;
  server::Settings settings_;
  std::vector<size_t> numbers_;             // in the order of getting them
  std::vector<size_t> order_;               // of opening, by number
  std::vector<server::OpenStream> wanted_;  // in that order
  std::vector<server::Stream*> streams_;    // by number
  std::string head_;
  server::Context context_;
};

}  // namespace rivulet::bench

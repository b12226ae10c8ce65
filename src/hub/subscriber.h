// Who receives events, as the hub sees it: something to deliver to, and what
// the hub keeps with it. The hub knows no socket; server/stream.h is the one
// implementation in the program, and a test has another.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/short_text.h"
#include "hub/topic.h"
#include "sse/frame.h"

namespace rivulet::hub {

class Subscriber {
 public:
  // `slot` is no other subscriber's, and small: it counts what is there. Those
  // who lie next to each other in memory are next to each other in slots too,
  // or visiting many takes longer.
  explicit Subscriber(uint32_t slot) : slot_(slot) {}
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  // Takes `frame` for later writing. Called from within a fan-out: it cannot
  // fail, and must not subscribe, unsubscribe, publish or write.
  virtual void deliver(const sse::FrameRef& frame) = 0;

  // Ends soon, at somebody's wish. Same restrictions.
  virtual void kick() = 0;

  // How it is doing, for whoever looks after the server.
  struct Status {
    std::string address;
    std::chrono::seconds connected{};
    size_t bytes_queued = 0;
    uint64_t events_sent = 0;
    // The sequence number of the last event that was queued for it; 0 before
    // the first, and where that is not known.
    uint64_t last_sent = 0;
    bool catching_up = false;
  };
  [[nodiscard]] virtual Status status() const = 0;

  [[nodiscard]] bool subscribed() const { return subscribed_ != 0; }
  [[nodiscard]] uint32_t slot() const { return slot_; }

 protected:
  ~Subscriber() = default;  // nobody owns through this interface

 private:
  friend class Hub;
  friend class ClientIndex;
  friend class Everybody;

  [[nodiscard]] std::span<Subscription> topics() const {
    return {topics_.get(), topic_count_};
  }

  // The sequence number of the latest event that was for it.
  uint64_t latest_ = 0;
  base::ShortText id_;              // empty while it is anonymous
  Subscriber* next_ = nullptr;      // in its bucket of the
  Subscriber* previous_ = nullptr;  // index of clients
  // In the order it named them.
  std::unique_ptr<Subscription[]> topics_;
  static constexpr uint32_t kMostTopics = (uint32_t{1} << 31U) - 1;
  uint32_t topic_count_ : 31 = 0;
  uint32_t subscribed_ : 1 = 0;
  uint32_t slot_;
};

}  // namespace rivulet::hub

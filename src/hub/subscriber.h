// Who receives events, as the hub sees it: something to deliver to, linked in
// the hub's lists. The hub knows no socket; server/stream.h is the one
// implementation in the program, and a test has another.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/intrusive_list.h"
#include "hub/channel.h"
#include "sse/frame.h"

namespace rivulet::hub {

class Hub;

struct EverybodyTag {};

class Subscriber : public base::ListNode<EverybodyTag> {
 public:
  Subscriber() = default;
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
    uint64_t last_sent = 0;  // sequence number; 0 before the first
    bool catching_up = false;
  };
  [[nodiscard]] virtual Status status() const = 0;

  [[nodiscard]] bool subscribed() const {
    return base::ListNode<EverybodyTag>::linked();
  }

 protected:
  ~Subscriber() = default;  // nobody owns through this interface

 private:
  friend class Hub;

  [[nodiscard]] std::span<Membership> topics() const {
    return {topics_.get(), topic_count_};
  }

  Membership client_;  // of its id's channel; of none while it is anonymous
  // Of its topics' channels, in the order it named them.
  std::unique_ptr<Membership[]> topics_;
  uint32_t topic_count_ = 0;
  // The sequence number of the latest event that was for it.
  uint64_t latest_ = 0;
};

}  // namespace rivulet::hub

// Who receives events, as the hub sees it: something to deliver to, linked in
// the hub's lists. The hub knows no socket; server/stream.h is the one
// implementation in the program, and a test has another.
#pragma once

#include "base/intrusive_list.h"
#include "sse/frame.h"

namespace rivulet::hub {

class Hub;
struct Client;

struct EverybodyTag {};
struct SameClientTag {};

class Subscriber : public base::ListNode<EverybodyTag>,
                   public base::ListNode<SameClientTag> {
 public:
  Subscriber() = default;
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  // Takes `frame` for later writing. Called from within a fan-out: it cannot
  // fail, and must not subscribe, unsubscribe, publish or write.
  virtual void deliver(const sse::FrameRef& frame) = 0;

  [[nodiscard]] bool subscribed() const { return client_ != nullptr; }

 protected:
  ~Subscriber() = default;  // nobody owns through this interface

 private:
  friend class Hub;
  Client* client_ = nullptr;  // the hub's; while subscribed
};

}  // namespace rivulet::hub

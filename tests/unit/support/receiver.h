// A subscriber that keeps what it is given.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hub/hub.h"
#include "hub/subscriber.h"

namespace rivulet::test {

struct Receiver final : hub::Subscriber {
  // Above those of the streams of a test, which are descriptors.
  static constexpr uint32_t kFirstSlot = 1'000;

  Receiver() : Receiver(kFirstSlot + made++) {}
  explicit Receiver(uint32_t slot) : Subscriber(slot) {}

  void deliver(const sse::FrameRef& frame) override { frames.push_back(frame); }
  void kick() override { kicked = true; }
  [[nodiscard]] Status status() const override { return own_status; }

  // What an HTTP/1.0 client would have got.
  [[nodiscard]] std::string received() const {
    std::string all;
    for (const sse::FrameRef& frame : frames) all += frame->plain();
    return all;
  }

  void leave(hub::Hub& hub) {
    if (subscribed()) hub.unsubscribe(*this);
  }

  static inline uint32_t made = 0;  // each has another slot
  std::vector<sse::FrameRef> frames;
  Status own_status;
  bool kicked = false;
};

}  // namespace rivulet::test

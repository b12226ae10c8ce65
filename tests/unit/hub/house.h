// A hub whose subscribers leave it before they go.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../support/receiver.h"
#include "hub/hub.h"

namespace rivulet::test {

inline sse::Event event(std::string_view data) {
  return {.name = {}, .data = data};
}

struct House {
  static constexpr uint64_t kEpoch = 0xabc;

  explicit House(hub::HistoryLimits limits = {}) : hub(limits, kEpoch, {}) {}
  House(const House&) = delete;
  House& operator=(const House&) = delete;
  ~House() {
    for (const auto& receiver : receivers) receiver->leave(hub);
  }

  Receiver& join(std::string_view id,
                 const std::vector<std::string>& topics = {}) {
    receivers.push_back(std::make_unique<Receiver>());
    hub.subscribe(*receivers.back(), id, topics);
    return *receivers.back();
  }

  // How many get an event for all, for one client, or for topics.
  size_t publish(const sse::Event& one) {
    return hub.publish({}, one).receivers;
  }
  size_t publish_to(std::string_view id, const sse::Event& one) {
    return hub.publish({.client = id, .topics = {}}, one).receivers;
  }
  size_t publish_on(const std::vector<std::string>& topics,
                    const sse::Event& one) {
    return hub.publish({.client = {}, .topics = topics}, one).receivers;
  }

  hub::Hub hub;
  std::vector<std::unique_ptr<Receiver>> receivers;
};

}  // namespace rivulet::test

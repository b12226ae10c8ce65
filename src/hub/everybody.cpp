#include "hub/everybody.h"

#include <algorithm>
#include <cassert>

namespace rivulet::hub {

void Everybody::add(Subscriber& subscriber) {
  const uint32_t slot = subscriber.slot_;
  if (slot >= subscribers_.size()) subscribers_.resize(size_t{slot} + 1);
  if (slot >= arrivals_.size()) arrivals_.resize(size_t{slot} + 1);
  assert(subscribers_[slot] == nullptr);
  slots_.add(slot);
  subscribers_[slot] = &subscriber;
  arrivals_[slot] = ++arrived_;
  subscriber.subscribed_ = 1;
}

void Everybody::remove(Subscriber& subscriber) {
  assert(subscribers_[subscriber.slot_] == &subscriber);
  slots_.remove(subscriber.slot_);
  subscribers_[subscriber.slot_] = nullptr;
  subscriber.subscribed_ = 0;
}

std::vector<Subscriber*> Everybody::by_arrival() const {
  std::vector<Subscriber*> all;
  all.reserve(size());
  slots_.for_each([&](uint32_t slot) { all.push_back(subscribers_[slot]); });
  std::ranges::sort(all, {}, [this](const Subscriber* subscriber) {
    return arrivals_[subscriber->slot()];
  });
  return all;
}

}  // namespace rivulet::hub

#include "hub/everybody.h"

#include <cassert>

namespace rivulet::hub {

void Everybody::add(Subscriber& subscriber) {
  const uint32_t slot = subscriber.slot_;
  if (slot >= subscribers_.size()) subscribers_.resize(size_t{slot} + 1);
  assert(subscribers_[slot] == nullptr);
  slots_.add(slot);
  subscribers_[slot] = &subscriber;
  subscriber.subscribed_ = 1;
}

void Everybody::remove(Subscriber& subscriber) {
  assert(subscribers_[subscriber.slot_] == &subscriber);
  slots_.remove(subscriber.slot_);
  subscribers_[subscriber.slot_] = nullptr;
  subscriber.subscribed_ = 0;
}

}  // namespace rivulet::hub

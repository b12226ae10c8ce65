#include "hub/everybody.h"

#include <limits>

namespace rivulet::hub {
namespace {

constexpr size_t kFewPlaces = 64;

}  // namespace

void Everybody::add(Subscriber& subscriber) {
  assert(places_.size() < std::numeric_limits<uint32_t>::max());
  places_.push_back(&subscriber);
  subscriber.place_ = static_cast<uint32_t>(places_.size());
}

void Everybody::remove(Subscriber& subscriber) {
  assert(places_[subscriber.place_ - 1] == &subscriber);
  places_[subscriber.place_ - 1] = nullptr;
  subscriber.place_ = 0;
  ++holes_;
  if (holes_ > places_.size() / 2 && places_.size() > kFewPlaces) close_holes();
}

void Everybody::close_holes() {
  std::erase(places_, nullptr);
  holes_ = 0;
  uint32_t place = 0;
  for (Subscriber* subscriber : places_) subscriber->place_ = ++place;
}

}  // namespace rivulet::hub

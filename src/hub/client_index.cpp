#include "hub/client_index.h"

#include <cassert>

#include "base/linear_hash.h"
#include "hub/subscriber.h"

namespace rivulet::hub {

void ClientIndex::add(Subscriber& subscriber) {
  if (count_ == buckets_.size()) grow();
  const std::string_view id = subscriber.id_.view();
  const Subscriber* same = newest(id);
  link(same == nullptr ? nullptr : same->previous_, subscriber, bucket_of(id));
  ++count_;
}

void ClientIndex::remove(Subscriber& subscriber) {
  unlink(subscriber, bucket_of(subscriber.id_.view()));
  --count_;
}

Subscriber* ClientIndex::newest(std::string_view id) const {
  if (buckets_.empty()) return nullptr;
  Subscriber* subscriber = buckets_[bucket_of(id)];
  while (subscriber != nullptr && subscriber->id_.view() != id) {
    subscriber = subscriber->next_;
  }
  return subscriber;
}

Subscriber* ClientIndex::next_older(const Subscriber& subscriber) {
  Subscriber* next = subscriber.next_;
  const bool same =
      next != nullptr && next->id_.view() == subscriber.id_.view();
  return same ? next : nullptr;
}

size_t ClientIndex::bucket_of(std::string_view id) const {
  return base::bucket_of(base::siphash(key_, id), buckets_.size());
}

void ClientIndex::grow() {
  const size_t fresh = buckets_.size();
  buckets_.push_back(nullptr);
  if (fresh == 0) return;
  const size_t former = base::bucket_before(fresh);
  Subscriber* last = nullptr;
  for (Subscriber* subscriber = buckets_[former]; subscriber != nullptr;) {
    Subscriber* next = subscriber->next_;
    if (bucket_of(subscriber->id_.view()) == fresh) {
      unlink(*subscriber, former);
      link(last, *subscriber, fresh);
      last = subscriber;
    }
    subscriber = next;
  }
}

// Behind `after`, or first when that is null.
void ClientIndex::link(Subscriber* after, Subscriber& subscriber,
                       size_t bucket) {
  Subscriber*& place = after == nullptr ? buckets_[bucket] : after->next_;
  subscriber.previous_ = after;
  subscriber.next_ = place;
  if (place != nullptr) place->previous_ = &subscriber;
  place = &subscriber;
}

void ClientIndex::unlink(Subscriber& subscriber, size_t bucket) {
  Subscriber* previous = subscriber.previous_;
  Subscriber* next = subscriber.next_;
  assert(previous != nullptr || buckets_[bucket] == &subscriber);
  (previous == nullptr ? buckets_[bucket] : previous->next_) = next;
  if (next != nullptr) next->previous_ = previous;
}

}  // namespace rivulet::hub

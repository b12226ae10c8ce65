#include "hub/topic.h"

#include <cassert>
#include <memory>
#include <utility>

#include "base/linear_hash.h"

namespace rivulet::hub {

void Subscription::join(TopicRef topic, uint32_t slot) {
  assert(!topic_);
  topic->members.add(slot);
  topic_ = std::move(topic);
  slot_ = slot;
}

void Subscription::leave() {
  if (!topic_) return;
  topic_->members.remove(slot_);
  topic_ = TopicRef();
}

void Topic::destroy(Topic* topic) {
  assert(topic->members.empty());
  topic->directory_->remove(*topic);
  delete topic;
}

TopicDirectory::~TopicDirectory() {
  assert(count_ == 0);
}

TopicRef TopicDirectory::open(std::string_view name) {
  const uint32_t hash = hash_of(name);
  if (Topic* known = find(name, hash)) return TopicRef(known);
  auto topic = std::make_unique<Topic>();
  topic->name = base::ShortText(name);
  topic->hash_ = hash;
  topic->directory_ = this;
  if (count_ == buckets_.size()) grow();
  Topic*& first = bucket_of(hash);
  topic->next_ = first;
  first = topic.get();
  ++count_;
  return TopicRef(topic.release());
}

const Topic* TopicDirectory::find(std::string_view name) const {
  return find(name, hash_of(name));
}

Topic* TopicDirectory::find(std::string_view name, uint32_t hash) const {
  if (buckets_.empty()) return nullptr;
  Topic* topic = buckets_[base::bucket_of(hash, buckets_.size())];
  while (topic != nullptr && topic->name.view() != name) topic = topic->next_;
  return topic;
}

uint32_t TopicDirectory::hash_of(std::string_view name) const {
  return static_cast<uint32_t>(base::siphash(key_, name));
}

Topic*& TopicDirectory::bucket_of(uint32_t hash) {
  return buckets_[base::bucket_of(hash, buckets_.size())];
}

void TopicDirectory::grow() {
  const size_t fresh = buckets_.size();
  buckets_.push_back(nullptr);
  if (fresh == 0) return;
  Topic* topic = std::exchange(buckets_[base::bucket_before(fresh)], nullptr);
  while (topic != nullptr) {
    Topic* const next = topic->next_;
    topic->next_ = std::exchange(bucket_of(topic->hash_), topic);
    topic = next;
  }
}

void TopicDirectory::remove(Topic& topic) {
  Topic** link = &bucket_of(topic.hash_);
  while (*link != &topic) link = &(*link)->next_;
  *link = topic.next_;
  --count_;
}

}  // namespace rivulet::hub

#include "hub/topic.h"

#include <cassert>
#include <utility>

namespace rivulet::hub {

void Subscription::join(TopicRef topic, Subscriber& subscriber) {
  assert(!topic_);
  topic->members.push_back(*this);
  ++topic->count;
  topic_ = std::move(topic);
  subscriber_ = &subscriber;
}

void Subscription::leave() {
  if (!topic_) return;
  unlink();
  --topic_->count;
  topic_ = TopicRef();
  subscriber_ = nullptr;
}

void Topic::destroy(Topic* topic) {
  assert(topic->members.empty());
  auto& topics = topic->directory->topics_;
  topics.erase(topics.find(topic->name));
}

TopicRef TopicDirectory::open(std::string_view name) {
  auto entry = topics_.find(name);
  if (entry == topics_.end()) {
    entry = topics_.try_emplace(std::string(name)).first;
    entry->second.name = entry->first;
    entry->second.directory = this;
  }
  return TopicRef(&entry->second);
}

const Topic* TopicDirectory::find(std::string_view name) const {
  const auto entry = topics_.find(name);
  return entry == topics_.end() ? nullptr : &entry->second;
}

}  // namespace rivulet::hub

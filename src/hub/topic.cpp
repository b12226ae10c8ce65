#include "hub/topic.h"

#include <cassert>
#include <utility>

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

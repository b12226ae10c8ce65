// A topic, and who is subscribed to it.
//
//   Topic "news" ──> { 3, 5, 36 }       the slots of its members: fan-out walks
//                                       only them, through memory in order
//
// A topic lives while somebody refers to it: its members, and the events in
// the history that were published to it. So whether a kept event is for a
// subscriber is told by comparing addresses, not names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/ref.h"
#include "hub/slot_set.h"

namespace rivulet::hub {

class TopicDirectory;

struct Topic;
using TopicRef = base::Ref<Topic>;

// One subscriber's place in one topic, which it leaves when it dies.
class Subscription {
 public:
  Subscription() = default;
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;
  ~Subscription() { leave(); }

  // Makes the subscriber of that slot a member, which it is not yet. Throws
  // std::bad_alloc, and it is none then.
  void join(TopicRef topic, uint32_t slot);
  void leave();

  // Null while it is no member.
  [[nodiscard]] const Topic* topic() const { return topic_.get(); }

 private:
  TopicRef topic_;
  uint32_t slot_ = 0;
};

struct Topic {
  std::string_view name;  // the key in the directory
  TopicDirectory* directory = nullptr;
  SlotSet members;
  uint32_t references = 0;

  static void destroy(Topic* topic);
};

// The topics, by name.
class TopicDirectory {
 public:
  TopicDirectory() = default;
  TopicDirectory(const TopicDirectory&) = delete;  // topics point at it
  TopicDirectory& operator=(const TopicDirectory&) = delete;

  // The topic of that name, made when there is none.
  [[nodiscard]] TopicRef open(std::string_view name);

  // Null when nobody refers to one.
  [[nodiscard]] const Topic* find(std::string_view name) const;

  [[nodiscard]] size_t size() const { return topics_.size(); }

 private:
  friend struct Topic;

  // Anybody may choose names, and a hash table would let them choose such as
  // all fall into one bucket. Nodes stay where they are, so topics can be
  // pointed at.
  std::map<std::string, Topic, std::less<>> topics_;
};

}  // namespace rivulet::hub

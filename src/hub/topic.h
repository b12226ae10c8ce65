// A topic, and who is subscribed to it.
//
//   Topic "news" ──> Subscription ──> Subscription   a link for each, so that
//                         │                │         fan-out walks only them
//                         v                v
//                     Subscriber       Subscriber
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

#include "base/intrusive_list.h"
#include "base/ref.h"

namespace rivulet::hub {

class TopicDirectory;
class Subscriber;

struct SubscriptionTag {};

struct Topic;
using TopicRef = base::Ref<Topic>;

// One subscriber's place in one topic, which it leaves when it dies.
class Subscription : public base::ListNode<SubscriptionTag> {
 public:
  ~Subscription() { leave(); }

  void join(TopicRef topic, Subscriber& subscriber);
  void leave();

  // Null while it is no member.
  [[nodiscard]] const Topic* topic() const { return topic_.get(); }
  // While it is a member.
  [[nodiscard]] Subscriber& subscriber() const { return *subscriber_; }

 private:
  TopicRef topic_;
  Subscriber* subscriber_ = nullptr;
};

struct Topic {
  std::string_view name;  // the key in the directory
  TopicDirectory* directory = nullptr;
  base::IntrusiveList<Subscription, SubscriptionTag> members;
  uint32_t count = 0;  // of them
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

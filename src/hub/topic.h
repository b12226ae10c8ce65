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
#include <string_view>
#include <vector>

#include "base/ref.h"
#include "base/short_text.h"
#include "base/siphash.h"
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
  base::ShortText name;
  SlotSet members;
  uint32_t references = 0;

  static void destroy(Topic* topic);

 private:
  friend class TopicDirectory;
  uint32_t hash_ = 0;      // the lower half of it: for 2^32 buckets
  Topic* next_ = nullptr;  // in its bucket
  TopicDirectory* directory_ = nullptr;
};

// The topics, by name.
//
//   buckets   [0] ──> news ──> sport
//             [1]
//             [2] ──> weather
//
// A hash table that grows by one bucket at a time (base/linear_hash.h), for a
// million topics are not far-fetched. The hash is keyed, for anybody may choose
// names.
class TopicDirectory {
 public:
  explicit TopicDirectory(base::HashKey key) : key_(key) {}
  TopicDirectory(const TopicDirectory&) = delete;  // topics point at it
  TopicDirectory& operator=(const TopicDirectory&) = delete;
  // Nobody may refer to a topic any more.
  ~TopicDirectory();

  // The topic of that name, made when there is none. Throws std::bad_alloc, and
  // none is made then.
  [[nodiscard]] TopicRef open(std::string_view name);

  // Null when nobody refers to one.
  [[nodiscard]] const Topic* find(std::string_view name) const;

  [[nodiscard]] size_t size() const { return count_; }

 private:
  friend struct Topic;

  [[nodiscard]] uint32_t hash_of(std::string_view name) const;
  [[nodiscard]] Topic* find(std::string_view name, uint32_t hash) const;
  [[nodiscard]] Topic*& bucket_of(uint32_t hash);
  void grow();
  void remove(Topic& topic);

  base::HashKey key_;
  std::vector<Topic*> buckets_;  // the first of each
  size_t count_ = 0;
};

}  // namespace rivulet::hub

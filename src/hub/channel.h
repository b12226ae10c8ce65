// A channel: everybody who is subscribed under one name, be it the connections
// of one client or the subscribers of one topic.
//
//   Channel "news" ──> Membership ──> Membership      a link for each, so that
//                        │              │             fan-out walks only them
//                        v              v
//                     Subscriber     Subscriber
//
// A channel lives while somebody refers to it: its members, and the events in
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

class ChannelDirectory;
class Subscriber;

struct MemberTag {};

struct Channel;
using ChannelRef = base::Ref<Channel>;

// One subscriber's place in one channel, which it leaves when it dies.
class Membership : public base::ListNode<MemberTag> {
 public:
  ~Membership() { leave(); }

  void join(ChannelRef channel, Subscriber& subscriber);
  void leave();

  // Null while it is no member.
  [[nodiscard]] const Channel* channel() const { return channel_.get(); }
  // While it is a member.
  [[nodiscard]] Subscriber& subscriber() const { return *subscriber_; }

 private:
  ChannelRef channel_;
  Subscriber* subscriber_ = nullptr;
};

struct Channel {
  std::string_view name;  // the key in the directory
  ChannelDirectory* directory = nullptr;
  base::IntrusiveList<Membership, MemberTag> members;
  uint32_t count = 0;  // of them
  uint32_t references = 0;

  static void destroy(Channel* channel);
};

// The channels of one kind, by name.
class ChannelDirectory {
 public:
  ChannelDirectory() = default;
  ChannelDirectory(const ChannelDirectory&) = delete;  // channels point at it
  ChannelDirectory& operator=(const ChannelDirectory&) = delete;

  // The channel of that name, made when there is none.
  [[nodiscard]] ChannelRef open(std::string_view name);

  // Null when nobody refers to one.
  [[nodiscard]] const Channel* find(std::string_view name) const;

  [[nodiscard]] size_t size() const { return channels_.size(); }

 private:
  friend struct Channel;

  // Anybody may choose names, and a hash table would let them choose such as
  // all fall into one bucket. Nodes stay where they are, so channels can be
  // pointed at.
  std::map<std::string, Channel, std::less<>> channels_;
};

}  // namespace rivulet::hub

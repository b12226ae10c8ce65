#include "hub/channel.h"

#include <cassert>
#include <utility>

namespace rivulet::hub {

void Membership::join(ChannelRef channel, Subscriber& subscriber) {
  assert(!channel_);
  channel->members.push_back(*this);
  ++channel->count;
  channel_ = std::move(channel);
  subscriber_ = &subscriber;
}

void Membership::leave() {
  if (!channel_) return;
  unlink();
  --channel_->count;
  channel_ = ChannelRef();
  subscriber_ = nullptr;
}

void Channel::destroy(Channel* channel) {
  assert(channel->members.empty());
  auto& channels = channel->directory->channels_;
  channels.erase(channels.find(channel->name));
}

ChannelRef ChannelDirectory::open(std::string_view name) {
  Channel* channel = find(name);
  if (channel == nullptr) {
    const auto entry = channels_.try_emplace(std::string(name)).first;
    channel = &entry->second;
    channel->name = entry->first;
    channel->directory = this;
  }
  return ChannelRef(channel);
}

Channel* ChannelDirectory::find(std::string_view name) {
  const auto entry = channels_.find(name);
  return entry == channels_.end() ? nullptr : &entry->second;
}

const Channel* ChannelDirectory::find(std::string_view name) const {
  const auto entry = channels_.find(name);
  return entry == channels_.end() ? nullptr : &entry->second;
}

}  // namespace rivulet::hub

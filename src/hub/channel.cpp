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
  auto entry = channels_.find(name);
  if (entry == channels_.end()) {
    entry = channels_.try_emplace(std::string(name)).first;
    entry->second.name = entry->first;
    entry->second.directory = this;
  }
  return ChannelRef(&entry->second);
}

const Channel* ChannelDirectory::find(std::string_view name) const {
  const auto entry = channels_.find(name);
  return entry == channels_.end() ? nullptr : &entry->second;
}

}  // namespace rivulet::hub

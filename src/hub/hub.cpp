#include "hub/hub.h"

#include <algorithm>
#include <cassert>
#include <utility>
#include <vector>

#include "sse/frame.h"

namespace rivulet::hub {
namespace {

// Looking at an event of the history costs about as much as so many
// comparisons of a channel with another.
constexpr size_t kComparisonsAnEvent = 8;

}  // namespace

void Hub::subscribe(Subscriber& subscriber, std::string_view id,
                    std::span<const std::string> topics) {
  assert(!fanning_out_ && !subscriber.subscribed());
  try {
    join(subscriber, id, topics);
  } catch (const std::bad_alloc&) {
    subscriber.client_.leave();
    throw;
  }
  everybody_.push_back(subscriber);
  ++subscriber_count_;
}

// Whatever can fail comes first: then the subscriber's links are set.
void Hub::join(Subscriber& subscriber, std::string_view id,
               std::span<const std::string> topics) {
  if (!id.empty()) subscriber.client_.join(clients_.open(id), subscriber);
  if (topics.empty()) return;
  std::vector<ChannelRef> channels;
  for (const std::string& topic : topics) {
    ChannelRef channel = topics_.open(topic);
    const auto same = [&](const ChannelRef& other) {
      return other.get() == channel.get();
    };
    if (std::ranges::any_of(channels, same)) continue;
    channels.push_back(std::move(channel));
  }
  subscriber.topics_ = std::make_unique<Membership[]>(channels.size());
  subscriber.topic_count_ = static_cast<uint32_t>(channels.size());
  for (size_t i = 0; i < channels.size(); ++i) {
    subscriber.topics_[i].join(std::move(channels[i]), subscriber);
  }
}

void Hub::unsubscribe(Subscriber& subscriber) {
  assert(!fanning_out_ && subscriber.subscribed());
  subscriber.client_.leave();
  subscriber.topics_.reset();
  subscriber.topic_count_ = 0;
  everybody_.remove(subscriber);
  --subscriber_count_;
}

Receipt Hub::publish(const Target& target, const sse::Event& event) {
  if (!target.client.empty() && subscriber_count(target.client) == 0) return {};
  const uint64_t sequence = history_.next();
  const std::string id = id_text(sequence);
  sse::Event with_id = event;
  with_id.id = id;
  const sse::FrameRef frame = sse::encode_event(with_id, sequence);
  Audience audience = audience_of(target);
  history_.append({frame, audience});
  return fan_out(audience, frame);
}

Audience Hub::audience_of(const Target& target) {
  Audience audience;
  if (!target.client.empty()) audience.push_back(clients_.open(target.client));
  for (const std::string& topic : target.topics) {
    audience.push_back(topics_.open(topic));
  }
  return audience;
}

// A subscriber of two of an event's topics gets it once: it remembers the
// latest event that it got.
Receipt Hub::fan_out(const Audience& audience, const sse::FrameRef& frame) {
  Receipt receipt{.sequence = frame->sequence()};
  const auto give = [&frame, &receipt](Subscriber& subscriber) {
    ++receipt.visited;
    if (subscriber.latest_ == frame->sequence()) return;
    subscriber.latest_ = frame->sequence();
    subscriber.deliver(frame);
    ++receipt.receivers;
  };
  fanning_out_ = true;
  if (audience.empty()) everybody_.for_each(give);
  for (const ChannelRef& channel : audience) {
    channel->members.for_each(
        [&give](const Membership& member) { give(member.subscriber()); });
  }
  fanning_out_ = false;
  return receipt;
}

std::string Hub::id_text(uint64_t sequence) const {
  return history_.enabled() ? to_string({epoch_, sequence}) : std::string();
}

Hub::Resumption Hub::resume(std::string_view last_event_id) const {
  constexpr std::string_view kAllThatIsHeld = "0";
  const uint64_t first = history_.first();
  if (last_event_id == kAllThatIsHeld) return {first, false};
  const auto seen = parse_event_id(last_event_id);
  if (!seen || seen->epoch != epoch_ || seen->sequence >= history_.next() ||
      seen->sequence + 1 < first) {
    return {first, true};
  }
  return {seen->sequence + 1, false};
}

sse::FrameRef Hub::next_event(Subscriber& subscriber, uint64_t& next,
                              size_t& budget) const {
  while (next < history_.next() && budget > 0) {
    const History::Entry& entry = history_.at(next++);
    const size_t comparisons =
        entry.audience.size() * subscriber.topics().size();
    budget -= std::min(budget, 1 + comparisons / kComparisonsAnEvent);
    if (!is_for(subscriber, entry.audience)) continue;
    subscriber.latest_ = std::max(subscriber.latest_, next - 1);
    return entry.frame;
  }
  return {};
}

bool Hub::is_for(const Subscriber& subscriber, const Audience& audience) {
  for (const ChannelRef& channel : audience) {
    const auto is_member = [&channel](const Membership& membership) {
      return membership.channel() == channel.get();
    };
    if (is_member(subscriber.client_)) return true;
    if (std::ranges::any_of(subscriber.topics(), is_member)) return true;
  }
  return audience.empty();
}

size_t Hub::subscriber_count(std::string_view id) const {
  const Channel* client = clients_.find(id);
  return client == nullptr ? 0 : client->count;
}

std::string_view Hub::id_of(const Subscriber& subscriber) {
  assert(subscriber.subscribed());
  const Channel* client = subscriber.client_.channel();
  return client == nullptr ? std::string_view() : client->name;
}

}  // namespace rivulet::hub

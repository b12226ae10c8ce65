#include "hub/hub.h"

#include <algorithm>
#include <cassert>
#include <utility>
#include <vector>

#include "base/prefetch.h"
#include "sse/frame.h"

namespace rivulet::hub {
namespace {

// Looking at an event of the history costs about as much as so many
// comparisons of a topic with another.
constexpr size_t kComparisonsAnEvent = 8;

}  // namespace

void Hub::subscribe(Subscriber& subscriber, std::string_view id,
                    std::span<const std::string> topics) {
  assert(!fanning_out_ && !subscriber.subscribed());
  everybody_.add(subscriber);
  try {
    join(subscriber, id, topics);
  } catch (const std::bad_alloc&) {
    leave_topics(subscriber);
    subscriber.id_ = {};
    everybody_.remove(subscriber);
    throw;
  }
}

// The index of clients comes last: what has failed before is not in it.
void Hub::join(Subscriber& subscriber, std::string_view id,
               std::span<const std::string> topics) {
  if (!topics.empty()) join_topics(subscriber, topics);
  if (id.empty()) return;
  subscriber.id_ = base::ShortText(id);
  clients_.add(subscriber);
}

void Hub::join_topics(Subscriber& subscriber,
                      std::span<const std::string> names) {
  std::vector<TopicRef> topics;
  for (const std::string& name : names) {
    TopicRef topic = topics_.open(name);
    const auto same = [&topic](const TopicRef& other) {
      return other.get() == topic.get();
    };
    if (std::ranges::any_of(topics, same)) continue;
    topics.push_back(std::move(topic));
  }
  subscriber.topics_ = std::make_unique<Subscription[]>(topics.size());
  subscriber.topic_count_ = topics.size() & Subscriber::kMostTopics;
  for (size_t i = 0; i < topics.size(); ++i) {
    subscriber.topics_[i].join(std::move(topics[i]), subscriber.slot_);
  }
}

void Hub::leave_topics(Subscriber& subscriber) {
  subscriber.topics_.reset();
  subscriber.topic_count_ = 0;
}

void Hub::unsubscribe(Subscriber& subscriber) {
  assert(!fanning_out_ && subscriber.subscribed());
  if (!subscriber.id_.empty()) clients_.remove(subscriber);
  subscriber.id_ = {};
  leave_topics(subscriber);
  everybody_.remove(subscriber);
}

Receipt Hub::publish(const Target& target, const sse::Event& event) {
  if (!target.client.empty()) {
    const Subscriber* subscriber = clients_.newest(target.client);
    if (subscriber == nullptr) return {};
    base::prefetch(subscriber);
  }
  const uint64_t sequence = history_.next();
  return hand_out(encode(own_id(sequence), id_text(sequence), target, event));
}

Receipt Hub::publish_as(EventId id, const Target& target,
                        const sse::Event& event) {
  assert(id > history_.newest());
  return hand_out(encode(id, to_string(id, IdSystem::kRedis), target, event));
}

void Hub::keep(EventId id, const Target& target, const sse::Event& event) {
  assert(id > history_.newest());
  history_.append(encode(id, to_string(id, IdSystem::kRedis), target, event));
}

History::Entry Hub::encode(EventId id, std::string_view id_text,
                           const Target& target, const sse::Event& event) {
  // First, for memory to answer while the event is encoded.
  Audience audience = audience_of(target);
  history_.prefetch_oldest();
  sse::Event with_id = event;
  with_id.id = id_text;
  return {sse::encode_event(with_id, history_.next()), std::move(audience), id};
}

Receipt Hub::hand_out(const History::Entry& entry) {
  history_.append(entry);
  return fan_out(entry.audience, entry.frame);
}

Audience Hub::audience_of(const Target& target) {
  Audience audience{.client = base::ShortText(target.client), .topics = {}};
  for (const std::string& topic : target.topics) {
    audience.topics.push_back(topics_.open(topic));
    audience.topics.back()->members.prefetch();
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
  if (audience.everybody()) everybody_.for_each(give);
  if (!audience.client.empty()) {
    for_each_subscriber(audience.client.view(), give);
  }
  for (const TopicRef& topic : audience.topics) {
    everybody_.for_each_of(topic->members, give);
  }
  fanning_out_ = false;
  return receipt;
}

std::string Hub::id_text(uint64_t sequence) const {
  if (ids_ == IdSystem::kOwn) {
    return history_.enabled() ? to_string(own_id(sequence)) : std::string();
  }
  if (sequence + 1 == history_.first()) {
    const EventId id = history_.given_up();
    return id == EventId() ? std::string() : to_string(id, ids_);
  }
  const bool held = sequence >= history_.first() && sequence < history_.next();
  return held ? to_string(history_.at(sequence).id, ids_) : std::string();
}

Hub::Resumption Hub::resume(std::string_view last_event_id) const {
  constexpr std::string_view kAllThatIsHeld = "0";
  const uint64_t first = history_.first();
  if (last_event_id == kAllThatIsHeld) {
    return {first, false, ids_ == IdSystem::kRedis};
  }
  const auto seen = parse_event_id(last_event_id, ids_);
  if (!seen) return {first, true};
  return resume_from(*seen);
}

Hub::Resumption Hub::resume_from(EventId seen) const {
  const uint64_t first = history_.first();
  if (ids_ == IdSystem::kRedis) {
    const auto next = history_.after(seen);
    const bool ahead = seen > history_.newest();  // another server was faster
    return {next.value_or(first), false, !next || ahead};
  }
  if (seen.epoch != epoch_ || seen.sequence >= history_.next() ||
      seen.sequence + 1 < first) {
    return {first, true};
  }
  return {seen.sequence + 1, false};
}

sse::FrameRef Hub::next_event(Subscriber& subscriber, uint64_t& next,
                              size_t& budget) const {
  while (next < history_.next() && budget > 0) {
    const History::Entry& entry = history_.at(next++);
    const size_t comparisons =
        entry.audience.topics.size() * subscriber.topics().size();
    budget -= std::min(budget, 1 + comparisons / kComparisonsAnEvent);
    if (!is_for(subscriber, entry.audience)) continue;
    subscriber.latest_ = std::max(subscriber.latest_, next - 1);
    return entry.frame;
  }
  return {};
}

bool Hub::is_for(const Subscriber& subscriber, const Audience& audience) {
  if (audience.everybody()) return true;
  const std::string_view client = audience.client.view();
  if (!client.empty() && client == id_of(subscriber)) return true;
  for (const TopicRef& topic : audience.topics) {
    const auto is_to_it = [&topic](const Subscription& subscription) {
      return subscription.topic() == topic.get();
    };
    if (std::ranges::any_of(subscriber.topics(), is_to_it)) return true;
  }
  return false;
}

bool Hub::is_for(const Subscriber& subscriber, const Target& target) {
  if (target.client.empty() && target.topics.empty()) return true;
  if (!target.client.empty()) return target.client == id_of(subscriber);
  for (const Subscription& mine : subscriber.topics()) {
    const auto is_it = [&mine](const std::string& name) {
      return name == mine.topic()->name.view();
    };
    if (std::ranges::any_of(target.topics, is_it)) return true;
  }
  return false;
}

size_t Hub::subscriber_count(std::string_view id) const {
  size_t count = 0;
  for_each_subscriber(id, [&count](const Subscriber& /*one*/) { ++count; });
  return count;
}

}  // namespace rivulet::hub

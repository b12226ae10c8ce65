#include "hub/hub.h"

#include <cassert>

#include "sse/frame.h"

namespace rivulet::hub {

void Hub::subscribe(Subscriber& subscriber, std::string_view id) {
  assert(!fanning_out_ && !subscriber.subscribed());
  const auto [entry, added] = clients_.try_emplace(std::string(id));
  if (added) entry->second.id = entry->first;
  subscriber.client_ = &entry->second;
  entry->second.subscribers.push_back(subscriber);
  ++entry->second.count;
  everybody_.push_back(subscriber);
  ++subscriber_count_;
}

void Hub::unsubscribe(Subscriber& subscriber) {
  assert(!fanning_out_ && subscriber.subscribed());
  Client& client = *subscriber.client_;
  subscriber.client_ = nullptr;
  client.subscribers.remove(subscriber);
  everybody_.remove(subscriber);
  --subscriber_count_;
  if (--client.count == 0) clients_.erase(clients_.find(client.id));
}

size_t Hub::publish(const sse::Event& event) {
  const sse::FrameRef frame = sse::encode_event(event);
  fanning_out_ = true;
  everybody_.for_each(
      [&frame](Subscriber& subscriber) { subscriber.deliver(frame); });
  fanning_out_ = false;
  return subscriber_count_;
}

size_t Hub::publish_to(std::string_view id, const sse::Event& event) {
  const auto entry = clients_.find(id);
  if (entry == clients_.end()) return 0;
  const sse::FrameRef frame = sse::encode_event(event);
  fanning_out_ = true;
  entry->second.subscribers.for_each(
      [&frame](Subscriber& subscriber) { subscriber.deliver(frame); });
  fanning_out_ = false;
  return entry->second.count;
}

size_t Hub::subscriber_count(std::string_view id) const {
  const auto entry = clients_.find(id);
  return entry == clients_.end() ? 0 : entry->second.count;
}

std::string_view Hub::id_of(const Subscriber& subscriber) {
  assert(subscriber.subscribed());
  return subscriber.client_->id;
}

}  // namespace rivulet::hub

// The history and the subscribers, for the binary that goes on with them
// (server/upgrade.h).
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/state.h"
#include "hub/hub.h"
#include "sse/frame_table.h"

namespace rivulet::hub {
namespace {

// The number of a frame, its id, a client's name and the number of topics.
constexpr size_t kLeastOfAnEntry = 40;
constexpr size_t kLeastOfATopic = 8;
// Far beyond what is ever published, and far from where sums overflow.
constexpr uint64_t kMostEvents = uint64_t{1} << 60U;

void carry_id(base::State& state, EventId& id) {
  state.number(id.epoch);
  state.number(id.sequence);
}

}  // namespace

void Hub::carry(base::State& state, sse::FrameTable& frames) {
  uint64_t next = history_.next();
  state.number(next);
  state.require(next > 0 && next <= kMostEvents,
                "the next event has no number");
  frames.set_next(next);
  const size_t count = state.count(history_.events(), kLeastOfAnEntry);
  state.require(count < next, "there are more events than were published");
  const uint64_t first = next - count;
  EventId given_up = history_.given_up();
  carry_id(state, given_up);
  if (state.loading()) history_.begin_at(first, given_up);
  for (uint64_t sequence = first; sequence < next; ++sequence) {
    History::Entry entry;
    if (!state.loading()) entry = history_.at(sequence);
    frames.carry(state, entry.frame);
    state.require(entry.frame->sequence() == sequence,
                  "an event is not in its place");
    carry_id(state, entry.id);
    state.require(entry.id > (state.loading() ? history_.newest() : EventId()),
                  "ids of events do not rise");
    carry_audience(state, entry.audience);
    if (state.loading()) history_.append(std::move(entry));
  }
}

void Hub::carry_audience(base::State& state, Audience& audience) {
  std::string client(audience.client.view());
  state.text(client);
  state.require(client.size() < std::numeric_limits<uint32_t>::max(),
                "a client's id is too long");
  const size_t count = state.count(audience.topics.size(), kLeastOfATopic);
  for (size_t i = 0; i < count; ++i) {
    std::string name;
    if (!state.loading()) name = audience.topics[i]->name.view();
    state.text(name);
    if (state.loading()) audience.topics.push_back(topics_.open(name));
  }
  if (state.loading()) audience.client = base::ShortText(client);
}

void Hub::carry_subscriber(base::State& state, Subscriber& subscriber) {
  std::string id(id_of(subscriber));
  state.text(id);
  state.require(id.size() < std::numeric_limits<uint32_t>::max(),
                "a subscriber's id is too long");
  std::vector<std::string> topics;
  for_each_topic_of(subscriber, [&topics](std::string_view name) {
    topics.emplace_back(name);
  });
  topics.resize(state.count(topics.size(), kLeastOfATopic));
  for (std::string& topic : topics) state.text(topic);
  state.number(subscriber.latest_);
  if (state.loading()) subscribe(subscriber, id, topics);
}

}  // namespace rivulet::hub

// Who gets what: the connected clients by id, and the fan-out of an event.
//
//   clients_  "ana"  ──> Client ──> [stream] -> [stream]     same id, two tabs
//             "1234" ──> Client ──> [stream]
//   everybody_ ────────────────────> all of them, in order of arrival
//
// A publish encodes its event once and hands the frame to each subscriber of
// one of these lists. Nothing is written, closed or freed meanwhile, so a list
// cannot change while it is walked (asserted).
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/intrusive_list.h"
#include "hub/subscriber.h"
#include "sse/event.h"

namespace rivulet::hub {

// All connections under one id. Exists while there is at least one.
struct Client {
  std::string_view id;  // the key in the hub's map
  base::IntrusiveList<Subscriber, SameClientTag> subscribers;
  uint32_t count = 0;  // of them
};

class Hub {
 public:
  // Links `subscriber`, which is in no hub, under `id`. It receives what is
  // published from now on, and must unsubscribe before it dies.
  void subscribe(Subscriber& subscriber, std::string_view id);

  // Unlinks it; others under the same id are not disturbed.
  void unsubscribe(Subscriber& subscriber);

  // Delivers to every subscriber and says how many that were.
  size_t publish(const sse::Event& event);

  // Delivers to each subscriber under `id` and says how many that were: 0 when
  // nobody is connected under it.
  size_t publish_to(std::string_view id, const sse::Event& event);

  [[nodiscard]] size_t subscriber_count() const { return subscriber_count_; }
  // Those under one id.
  [[nodiscard]] size_t subscriber_count(std::string_view id) const;

  // The id of a subscriber, while it is subscribed.
  [[nodiscard]] static std::string_view id_of(const Subscriber& subscriber);

  // Calls `visit(std::string_view id)` for each connected id, each once, in
  // the order in which their oldest connections came.
  template <typename Visit>
  void for_each_client(Visit visit) const {
    everybody_.for_each([&visit](const Subscriber& subscriber) {
      const Client& client = *subscriber.client_;
      if (client.subscribers.starts_with(subscriber)) visit(client.id);
    });
  }

 private:
  struct IdHash {
    using is_transparent = void;
    size_t operator()(std::string_view id) const {
      return std::hash<std::string_view>()(id);
    }
  };

  // Nodes of the map stay where they are, so subscribers point at them.
  std::unordered_map<std::string, Client, IdHash, std::equal_to<>> clients_;
  base::IntrusiveList<Subscriber, EverybodyTag> everybody_;
  size_t subscriber_count_ = 0;
  bool fanning_out_ = false;
};

}  // namespace rivulet::hub

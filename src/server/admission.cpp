#include "server/admission.h"

#include <cassert>

namespace rivulet::server {

std::optional<StreamRefusal> Admission::refusal(std::string_view id,
                                                uint64_t peer) const {
  if (settings_.max_streams > 0 &&
      hub_.subscriber_count() >= settings_.max_streams) {
    return StreamRefusal::kMaxStreams;
  }
  if (settings_.max_streams_per_id > 0 && !id.empty() &&
      hub_.subscriber_count(id) >= settings_.max_streams_per_id) {
    return StreamRefusal::kMaxStreamsPerId;
  }
  if (counts(peer)) {
    const auto entry = by_peer_.find(peer);
    if (entry != by_peer_.end() &&
        entry->second >= settings_.max_streams_per_address) {
      return StreamRefusal::kMaxStreamsPerAddress;
    }
  }
  return std::nullopt;
}

void Admission::enter(uint64_t peer) {
  if (counts(peer)) ++by_peer_[peer];
}

void Admission::leave(uint64_t peer) {
  if (!counts(peer)) return;
  const auto entry = by_peer_.find(peer);
  assert(entry != by_peer_.end());
  if (--entry->second == 0) by_peer_.erase(entry);
}

}  // namespace rivulet::server

// The figures of a server, and what it notes beside its connections, for the
// binary that goes on with them (upgrade.h).
#include <algorithm>
#include <array>
#include <string>

#include "server/client_addresses.h"
#include "server/metrics.h"
#include "server/stats.h"

namespace rivulet::server {
namespace {

// Of a kind that a later version has more of, those that are not there are 0.
template <size_t kSize>
void carry_kinds(base::State& state, std::array<uint64_t, kSize>& kinds) {
  constexpr size_t kNumber = 8;
  const size_t count = state.count(kSize, kNumber);
  state.require(count <= kSize, "more is counted than is known");
  for (size_t i = 0; i < count; ++i) state.number(kinds[i]);
}

}  // namespace

void Metrics::carry(base::State& state) {
  for (uint64_t* number :
       {&streams_opened, &events_sent, &bytes_sent, &replays_complete,
        &replays_with_gap, &gaps_told, &streams_evicted, &connections_evicted,
        &deliveries, &connections_accepted, &reloads_taken, &reloads_failed,
        &upgrades_done, &upgrades_failed}) {
    state.number(*number);
  }
  carry_kinds(state, streams_ended);
  carry_kinds(state, streams_refused);
  carry_kinds(state, published);
  carry_kinds(state, connections_refused);
  carry_kinds(state, requests);
  state.flag(last_reload_taken);
  fan_outs.carry(state);
  turns.carry(state);
}

void Stats::carry(base::State& state) {
  bool wanted = due_.has_value();
  state.flag(wanted);
  if (!wanted) return;
  base::Time due = due_.value_or(base::Time());
  state.time(due);
  if (watchers_count_ > 0) due_ = due;
}

void ClientAddresses::carry(base::State& state, const os::Socket& socket) {
  const os::IpAddress* known = find(socket);
  bool said = known != nullptr;
  state.flag(said);
  if (!said) return;
  std::array<uint8_t, os::IpAddress::kBytes> bytes{};
  if (known != nullptr) bytes = known->bytes();
  std::string text(bytes.begin(), bytes.end());
  state.text(text);
  state.require(text.size() == bytes.size(), "an address is cut");
  std::copy(text.begin(), text.end(), bytes.begin());
  if (state.loading()) set(socket, os::IpAddress(bytes));
}

}  // namespace rivulet::server

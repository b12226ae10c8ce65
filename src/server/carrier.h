// Carries a whole server, in one direction or the other: what upgrade.h draws
// as the state.
//
// Each thing carries itself by its carry(): small ones in their class, larger
// ones in a file beside it (upgrade_*.cpp, hub/hub_state.cpp,
// http/request_state.cpp, ...). Here is what there is, and in which order:
// whoever refers to something comes after it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/deadline_list.h"
#include "base/siphash.h"
#include "base/state.h"
#include "os/inherited.h"
#include "server/context.h"
#include "server/listeners.h"
#include "sse/frame_table.h"

namespace rivulet::server {

// What comes first in a state: what has to be known before there is a server.
struct Handover {
  std::string version;                 // of the program that wrote it
  std::vector<std::string> arguments;  // that it was started with, secrets too
  base::Time saved{};
  uint64_t epoch = 0;  // of event ids, as in Settings
  std::string instance{};
  base::HashKey hash_key{};
  base::WallSeconds started{};          // the process
  std::vector<uint64_t> descriptors{};  // all that the state refers to

  void carry(base::State& state);
};

class Carrier {
 public:
  // While loading, `context` is that of a server that has nothing yet, and
  // `descriptors` has those of the handover.
  Carrier(Context& context, Listeners& listeners, base::State& state,
          os::InheritedDescriptors* descriptors = nullptr)
      : context_(context),
        listeners_(listeners),
        state_(state),
        descriptors_(descriptors) {}

  // All but the handover. Throws StateError, and std::bad_alloc.
  void carry();

  // The descriptors of all that is carried.
  [[nodiscard]] static std::vector<uint64_t> descriptors_of(
      const os::Reactor& reactor);

 private:
  void carry_cluster();
  void carry_streams();
  void carry_watchers();
  void carry_connections();
  void carry_waits();
  void carry_turns();
  template <typename T>
  void carry_list(base::DeadlineList<T>& list);
  [[nodiscard]] os::Socket take_socket(uint64_t fd);
  template <typename T>
  T& watch(uint64_t fd, std::unique_ptr<T> handler);
  template <typename T>
  [[nodiscard]] T& find(uint64_t fd) const;

  Context& context_;
  Listeners& listeners_;
  base::State& state_;
  os::InheritedDescriptors* descriptors_;
  sse::FrameTable frames_;
};

}  // namespace rivulet::server

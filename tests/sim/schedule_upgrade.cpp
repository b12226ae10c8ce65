// Another binary in the middle of it all (src/server/upgrade.h): the server
// saves its state and is gone, the kernel keeps the descriptors, and a new
// server goes on with both. Whoever is connected notices nothing.
#include <fmt/format.h>

#include <new>

#include "memory.h"
#include "schedule.h"

namespace rivulet::sim {

void Schedule::upgrade(std::unique_ptr<server::Server>& server,
                       const base::Log& log) {
  if (upgrade_each_ == 0 || turns_ % upgrade_each_ != 0) return;
  if (roster_->draining) return;
  std::string file;
  try {
    const Running running(Running::What::kServer);
    file = server->save();
  } catch (const std::bad_alloc&) {
    return journal_.note("no memory for an upgrade");
  }
  journal_.note("another binary");
  const size_t room = std::exchange(kernel_.descriptor_limit, SIZE_MAX);
  const Faults faults = std::exchange(kernel_.faults, {});
  kernel_.hand_over([&server] { server.reset(); });
  try {
    base::State state(file);
    server::Handover handover;
    handover.carry(state);
    os::InheritedDescriptors descriptors;
    const bool there = descriptors.claim(handover.descriptors,
                                         os::InheritedDescriptors::Kind::kOurs);
    assert(there && "the kernel has kept them");
    server = std::make_unique<server::Server>(settings_, log, handover, state,
                                              descriptors);
    server->take_over(handover, {});
  } catch (const base::StateError& error) {
    journal_.violate(Journal::kNobody,
                     fmt::format("a state cannot be read: {}", error.what()));
  }
  kernel_.descriptor_limit = room;
  kernel_.faults = faults;
}

}  // namespace rivulet::sim

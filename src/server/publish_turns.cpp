#include "server/publish_turns.h"

#include <new>

#include "server/connection.h"

namespace rivulet::server {

void PublishTurns::begin(bool all_sent) {
  this_turn_ = 0;
  if (all_sent) ahead_ = 0;
  while (!spent() && !waiting_.empty()) {
    Connection& publisher = waiting_.pop_front();
    try {
      publisher.on_turn();
    } catch (const std::bad_alloc&) {
      publisher.on_no_memory();
    }
  }
}

void PublishTurns::wait(Connection& publisher) {
  publisher.disarm();
  waiting_.push_back(publisher);
}

size_t PublishTurns::waiting() const {
  size_t count = 0;
  waiting_.for_each([&count](const Connection& /*one*/) { ++count; });
  return count;
}

}  // namespace rivulet::server

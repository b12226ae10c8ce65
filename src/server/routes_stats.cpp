// GET /stats: the figures of the server as an event stream (stats.h).
#include "server/routes.h"

namespace rivulet::server {

Outcome get_stats(const Call& call) {
  const Context& context = call.context;
  if (context.draining) return come_back_later(call, StreamRefusal::kDraining);
  if (context.stats.full()) {
    return come_back_later(call, StreamRefusal::kMaxStreams);
  }
  return OpenWatch{};
}

}  // namespace rivulet::server

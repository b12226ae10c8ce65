// Somebody who waits for what Redis says, turns later, if it ever does.
//
// Who asks keeps a ticket, and so does each of its questions: when it dies it
// voids the ticket, and what is answered then is told to nobody.
#pragma once

#include <cstdint>

#include "base/ref.h"
#include "cluster/redis_connection.h"
#include "hub/event_id.h"

namespace rivulet::cluster {

// None of these throws, but for on_answer(): std::bad_alloc, and on_failed()
// follows.
class Asker {
 public:
  // The event is in Redis. In the order of the publishes of one asker.
  virtual void on_published(hub::EventId id) = 0;
  // No instance has its client, and it was not kept.
  virtual void on_nobody_there() = 0;
  // A reply to another question: a number, or a list of texts.
  virtual void on_answer(const RedisReply& reply) = 0;
  // Redis is away, or refuses. Whether it has got what it was asked to keep is
  // not known.
  virtual void on_failed() = 0;

 protected:
  ~Asker() = default;
};

struct Ticket {
  explicit Ticket(Asker& the_asker) : asker(&the_asker) {}

  Asker* asker;  // null when it is void
  uint32_t references = 0;
  static void destroy(Ticket* ticket) { delete ticket; }
};
using TicketRef = base::Ref<Ticket>;

}  // namespace rivulet::cluster

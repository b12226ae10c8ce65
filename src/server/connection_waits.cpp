// A request that is answered turns later: Redis has been asked on its behalf.
// Until then the connection is not read, and what follows in its pipeline
// waits.
#include <new>

#include "server/connection.h"

namespace rivulet::server {

// Whether it waits for Redis to answer: publishes, or a question to all
// instances.
bool Connection::awaits_redis() const {
  if (inquiry_) return !inquiry_->settled();
  return publication_ && publication_->in_flight() > 0;
}

void Connection::finish_publication() {
  publication_->end();
  if (awaits_redis()) return;
  respond_shared(publication_->response());
}

void Connection::finish_inquiry() {
  if (awaits_redis()) return;
  respond_shared(inquiry_->response());
}

// Answers what was settled after its head: pages of other origins may read it.
void Connection::respond_shared(http::Response response) {
  const http::Request& request = parser_->request();
  response.fields += context_.cors.sharing_fields(request);
  respond(request, response, request.keep_alive());
}

// Called out of other handlers' turns, whom a lack of memory here is not to
// disturb.
void Connection::on_settled() {
  const bool refused = publication_ && publication_->refused();
  const bool ends = context_.draining && state_ == State::kServing;
  if (os::Reactor::retired(*this)) return;
  if (!awaits_turn() && !refused && !ends) return;
  try {
    if (publication_ && publication_->waiting()) publication_->go_on();
    if (parser_) settle_request();
    if (context_.draining && state_ == State::kServing) drain();
    if (!os::Reactor::retired(*this) && output_left() == 0) on_drained();
  } catch (const std::bad_alloc&) {
    on_no_memory();
  }
}

}  // namespace rivulet::server

// The last thing of a connection that turns into an event stream: the head, and
// the handler that takes its place in the reactor.
#include <memory>
#include <utility>

#include "server/connection.h"
#include "server/stream.h"
#include "server/stream_head.h"
#include "server/watcher.h"

namespace rivulet::server {
namespace {

sse::Framing framing_for(const http::Request& request) {
  return request.minor_version() == 0 ? sse::Framing::kPlain
                                      : sse::Framing::kChunked;
}

}  // namespace

// The answers that wait, the head of a stream, and its opening.
std::string Connection::take_stream_head(const http::Request& request,
                                         sse::Framing framing,
                                         std::string_view sharing) {
  std::string head = output_.substr(written_);
  const bool closes = framing == sse::Framing::kPlain || !request.keep_alive();
  append_stream_head(head, framing, closes, sharing,
                     context_.date.at(os::Reactor::wall_now()));
  account(request, http::Status::kOk, head.size() - output_left());
  head += context_.opening()->bytes(framing);
  return head;
}

void Connection::become_stream(const http::Request& request,
                               const OpenStream& stream) {
  const sse::Framing framing = framing_for(request);
  const std::string head =
      take_stream_head(request, framing, context_.cors.sharing_fields(request));
  disarm();
  auto successor = Stream::make(context_, std::move(socket_), client_, framing);
  Stream& live = *successor;
  context_.reactor.replace(*this, std::move(successor));
  live.start(stream, head);
}

void Connection::become_watcher(const http::Request& request) {
  const sse::Framing framing = framing_for(request);
  std::string head = take_stream_head(request, framing, {});
  head += context_.stats.figures()->bytes(framing);
  disarm();
  auto successor =
      std::make_unique<Watcher>(context_, std::move(socket_), framing);
  Watcher& watcher = *successor;
  context_.reactor.replace(*this, std::move(successor));
  watcher.start(head);
}

}  // namespace rivulet::server

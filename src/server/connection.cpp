#include "server/connection.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "server/access_log.h"
#include "server/router.h"
#include "server/routes.h"

namespace rivulet::server {

Connection::Connection(Context& context, os::Socket socket, uint64_t peer,
                       ListenerKind listener)
    : context_(context),
      socket_(std::move(socket)),
      peer_(peer),
      client_(peer),
      listener_(listener) {}

Connection::~Connection() {
  context_.held_memory.report(held_, 0);
}

void Connection::start() {
  context_.client_addresses.forget(socket_);
  context_.deadlines.request.arm(*this, context_.reactor.now());
}

void Connection::drain() {
  if (awaits_redis()) return;  // comes back here when it is answered
  if (state_ == State::kServing) {
    if (publication_ && (publication_->endless() || awaits_turn())) {
      return respond_shared(publication_->interrupted());  // and closes
    }
    if (awaits_turn()) return on_complete();  // and hears the same
    return close_after_output();
  }
  context_.deadlines.answering.arm(*this, context_.reactor.now());
}

void Connection::on_readable() {
  // We do not read, so this is an error or a hang-up. When its turn comes the
  // write will show it; but while that can take long, epoll would tell of it
  // without end.
  if (awaits_turn()) {
    const bool waits = os::Reactor::interest(*this) == os::Interest::kNone;
    const bool long_wait = awaits_redis() || context_.publish_turns.held();
    if (waits && long_wait) retire();
    return;
  }
  const std::span<char> buffer = context_.read_buffer();
  const os::IoResult result = socket_.read(buffer);
  switch (result.status) {
    case os::IoStatus::kDone:
      if (state_ != State::kServing) return linger(result.size);
      return process({buffer.data(), result.size});
    case os::IoStatus::kNotReady:
      return;
    case os::IoStatus::kEnd:
      return on_peer_end();
    case os::IoStatus::kBroken:
      return retire();
  }
}

// The peer sends no more, but may well read: what it asked for is answered.
void Connection::on_peer_end() {
  if (output_left() == 0) return retire();
  state_ = State::kClosingAlone;
  context_.reactor.set_interest(*this, os::Interest::kWrite);
}

void Connection::linger(size_t bytes) {
  linger_bytes_ += bytes;
  if (linger_bytes_ > kMaxLingerBytes) retire();
}

// Serves the requests that `input` completes. What it may not serve yet is
// kept; what follows a stream's or the last request is dropped.
void Connection::process(std::string_view input) {
  while (!input.empty() && state_ == State::kServing) {
    if (!parser_) {
      parser_ =
          std::make_unique<http::RequestParser>(context_.settings.request);
      asked_ = context_.reactor.now();
      context_.deadlines.request.arm(*this, asked_);
    }
    input.remove_prefix(parser_->feed(input));
    after_feed();
    if (os::Reactor::retired(*this)) return;
    const bool full = output_left() > kOutputHighWater && !input.empty();
    if (full || awaits_turn()) return keep_for_later(input);
  }
  report_memory();
}

// The rest of a pipeline waits until its answers have been taken, or until a
// publish in it may be done.
void Connection::keep_for_later(std::string_view input) {
  unread_ = input;
  if (awaits_turn()) return wait_for_turn();
  context_.reactor.set_interest(*this, os::Interest::kWrite);
  report_memory();
}

bool Connection::awaits_turn() const {
  if (publication_ && publication_->waiting()) return true;
  return parser_ && parser_->state() == http::RequestParser::State::kComplete;
}

void Connection::wait_for_turn() {
  context_.reactor.set_interest(*this, os::Interest::kNone);
  if (awaits_redis()) {
    disarm();  // it will hear of it, one way or the other
  } else {
    context_.publish_turns.wait(*this);
  }
  report_memory();
}

void Connection::on_turn() {
  if (context_.draining) return drain();
  if (publication_ && publication_->waiting()) publication_->go_on();
  settle_request();
  if (output_left() == 0) on_drained();
}

void Connection::report_memory() {
  size_t held = output_left() + unread_.size();
  if (parser_) held += parser_->held_bytes();
  if (publication_) held += publication_->held_bytes();
  context_.held_memory.report(held_, held);
}

void Connection::after_feed() {
  if (parser_->state() == http::RequestParser::State::kHeadRead) on_head();
  if (!parser_) return;  // answered by its head alone
  if (publication_) {
    publication_->take(parser_->body_piece());
    if (publication_->endless()) wait_for_input();
  }
  settle_request();
}

// Answers the request when its body has ended, or is at fault.
void Connection::settle_request() {
  using Parsed = http::RequestParser::State;
  if (publication_ && publication_->waiting()) return;
  if (publication_ && publication_->endless() && publication_->refused()) {
    return refuse_rest(publication_->response());
  }
  if (parser_->state() == Parsed::kRefused) return refuse(parser_->refusal());
  const bool waits = publishes_ && context_.publish_turns.spent();
  if (parser_->state() == Parsed::kComplete && !waits) on_complete();
}

// The head decides what becomes of the body. Who may not publish hears that
// before sending one, and the connection closes in place of reading it.
void Connection::on_head() {
  const http::Request& request = parser_->request();
  client_ = context_.client_addresses.learn(socket_, peer_, request);
  uint64_t limit = context_.settings.request.body_bytes;
  const RouteKind kind = kind_of(request, listener_);
  publishes_ = kind == RouteKind::kPublish || kind == RouteKind::kBody;
  if (kind == RouteKind::kBody) {
    Outcome outcome = route(request, context_, client_, listener_);
    if (const auto* refusal = std::get_if<http::Response>(&outcome)) {
      const bool bare = request.body_kind() == http::BodyKind::kNone;
      return respond(request, *refusal, bare && request.keep_alive());
    }
    publication_ = std::make_unique<Publication>(
        context_, std::get<PublishBody>(std::move(outcome)), *this);
    limit = publication_->body_limit();
  } else if (const auto refusal = refuse_body(request, context_, listener_)) {
    return respond(request, *refusal, false);
  }
  parser_->accept_body(limit);
  await_body();
}

void Connection::await_body() {
  wait_for_input();
  if (!parser_->continue_wanted()) return;
  output_ += "HTTP/1.1 100 Continue\r\n\r\n";
  context_.reactor.flush_first(*this);
}

// May be said again while Redis is asked: the parser, and with it the request,
// stays until it is answered.
void Connection::on_complete() {
  body_seen_ = 0;
  if (publication_) return finish_publication();
  if (inquiry_) return finish_inquiry();
  serve();
}

void Connection::serve() {
  const http::Request& request = parser_->request();
  Outcome outcome = route(request, context_, client_, listener_);
  if (const auto* response = std::get_if<http::Response>(&outcome)) {
    return respond(request, *response, request.keep_alive());
  }
  if (const auto* stream = std::get_if<OpenStream>(&outcome)) {
    return become_stream(request, *stream);
  }
  if (std::holds_alternative<OpenWatch>(outcome)) {
    return become_watcher(request);
  }
  if (auto* event = std::get_if<PublishBody>(&outcome)) {
    publication_ =
        std::make_unique<Publication>(context_, std::move(*event), *this);
    return finish_publication();
  }
  inquiry_ = std::make_unique<Inquiry>(
      context_, std::get<AskCluster>(std::move(outcome)), *this);
  finish_inquiry();
}

// The request is done with.
void Connection::respond(const http::Request& request,
                         const http::Response& response, bool keep_alive) {
  keep_alive = keep_alive && !context_.draining;
  answer(request, response,
         {.head_only = request.method() == http::Method::kHead,
          .keep_alive = keep_alive,
          .minor_version = request.minor_version()});
  if (!keep_alive) return close_after_output();
  parser_.reset();
  publication_.reset();
  inquiry_.reset();
}

void Connection::refuse(const http::Refusal& refusal) {
  http::Response response =
      http::error_response(refusal.status, refusal.reason);
  refuse_rest(std::move(response));
}

// Answers what has been read of the request, and closes in place of reading
// more.
void Connection::refuse_rest(http::Response response) {
  assert(parser_);
  if (publication_) {
    response.fields += context_.cors.sharing_fields(parser_->request());
  }
  answer(parser_->request(), response,
         {.head_only = parser_->is_head(), .keep_alive = false});
  close_after_output();  // and not before: it frees the parser asked above
}

void Connection::answer(const http::Request& request,
                        const http::Response& response,
                        const http::ResponseFraming& framing) {
  const size_t before = output_.size();
  http::append_response(output_, response, framing,
                        context_.date.at(os::Reactor::wall_now()));
  account(request, response.status, output_.size() - before);
  context_.reactor.flush_first(*this);
}

// A request has got its answer of so many bytes.
void Connection::account(const http::Request& request, http::Status status,
                         size_t bytes) {
  context_.metrics.count_request(status);
  if (!context_.settings.access_log) return;
  const base::Duration took = context_.reactor.now() - asked_;
  log_access(context_.log, {request, status, bytes, took},
             context_.client_addresses.text(socket_));
}

void Connection::on_flush() {
  write_output();
}

void Connection::on_writable() {
  write_output();
}

void Connection::write_output() {
  if (output_left() > 0) {
    const os::ConstBuffer rest{output_.data() + written_, output_left()};
    const os::IoResult result = socket_.write({&rest, 1});
    if (result.status == os::IoStatus::kBroken) return retire();
    written_ += result.size;
  }
  if (output_left() == 0) return on_drained();
  // An answer that moves is given its time anew.
  context_.deadlines.answering.arm(*this, context_.reactor.now());
  context_.reactor.set_interest(*this, os::Interest::kWrite);
  report_memory();
}

void Connection::on_drained() {
  output_ = std::string();  // an idle connection owns no buffer
  written_ = 0;
  if (state_ == State::kClosingAlone) return retire();
  if (awaits_turn()) return wait_for_turn();
  context_.reactor.set_interest(*this, os::Interest::kRead);
  if (state_ == State::kClosing) {
    socket_.shutdown_write();
    state_ = State::kLingering;
    context_.deadlines.closing.arm(*this, context_.reactor.now());
  }
  if (state_ == State::kServing) resume();
  if (!os::Reactor::retired(*this)) report_memory();
}

// All answers are out: what has been kept is served, or more is waited for.
void Connection::resume() {
  wait_for_input();
  const std::string waiting = std::exchange(unread_, {});
  process(waiting);
}

// Arms what the peer is given time for.
void Connection::wait_for_input() {
  auto& deadlines = context_.deadlines;
  const base::Time now = context_.reactor.now();
  if (publication_ && publication_->endless()) {
    auto& wait =
        publication_->in_event() ? deadlines.in_event : deadlines.publishing;
    wait.arm(*this, now);
  } else if (parser_ || !unread_.empty()) {
    deadlines.request.arm(*this, now);
  } else {
    deadlines.keep_alive.arm(*this, now);
  }
}

void Connection::close_after_output() {
  parser_.reset();
  publication_.reset();
  inquiry_.reset();
  unread_ = std::string();
  state_ = State::kClosing;
  context_.deadlines.answering.arm(*this, context_.reactor.now());
  context_.reactor.flush_first(*this);
}

// Time is up. A client that has begun a request is told; one that has asked for
// nothing would take an answer for that of its next.
void Connection::on_deadline() {
  const bool asked = parser_ && parser_->started() && output_left() == 0;
  if (state_ != State::kServing || !asked) return retire();
  on_slow_request();
}

// A head has header-timeout and no more; a body must go on coming.
void Connection::on_slow_request() {
  const uint64_t moved = parser_->body_bytes() - body_seen_;
  const http::Request& request = parser_->request();
  const uint64_t expected = request.body_kind() == http::BodyKind::kLength
                                ? request.content_length()
                                : parser_->body_limit();
  const uint64_t due = std::max<uint64_t>(1, expected / kBodyShares);
  if (parser_->state() == http::RequestParser::State::kBody && moved >= due) {
    body_seen_ += moved;
    return context_.deadlines.request.arm(*this, context_.reactor.now());
  }
  refuse({http::Status::kRequestTimeout, "the request took too long"});
}

void Connection::evict() {
  ++context_.metrics.connections_evicted;
  const base::Time now = context_.reactor.now();
  if (const auto count = context_.connections_evicted.count(now)) {
    context_.log.warning("connection-evicted",
                         {{"address", context_.client_addresses.text(socket_)},
                          {"reason", "memory-limit"},
                          {"held", held_},
                          {"times", *count}});
  }
  retire();
}

void Connection::on_no_memory() {
  if (!os::Reactor::retired(*this)) retire();
}

void Connection::retire() {
  disarm();
  context_.held_memory.report(held_, 0);
  context_.reactor.retire(*this);
}

}  // namespace rivulet::server

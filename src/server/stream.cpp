#include "server/stream.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>
#include <new>
#include <string>
#include <utility>

#include "hub/hub.h"

namespace rivulet::server {
namespace {

// The unit of last_write_: two bytes of these last for 109 minutes.
constexpr base::Duration kTick{100};

static_assert(sizeof(Stream) <= Context::kStreamBytes);

uint32_t slot_of(const os::Socket& socket) {
  return static_cast<uint32_t>(socket.fd());
}

}  // namespace

Stream::Stream(Context& context, os::Socket socket, uint64_t peer,
               sse::Framing framing)
    : hub::Subscriber(slot_of(socket)),
      context_(context),
      queue_(framing),
      peer_(peer),
      socket_(std::move(socket)) {}

std::unique_ptr<Stream> Stream::make(Context& context, os::Socket&& socket,
                                     uint64_t peer, sse::Framing framing) {
  void* const place = context.stream_slots.take(slot_of(socket));
  return std::unique_ptr<Stream>(
      ::new (place) Stream(context, std::move(socket), peer, framing));
}

void Stream::operator delete(Stream* stream, std::destroying_delete_t /*how*/) {
  base::Slots& slots = stream->context_.stream_slots;
  const uint32_t slot = stream->slot();
  stream->~Stream();
  slots.give_back(slot);
}

Stream::~Stream() {
  if (subscribed()) {
    context_.hub.unsubscribe(*this);
    context_.admission.leave(peer_);
    context_.expiries.disarm(socket_);
    if (context_.cluster) context_.cluster->recalls().forget(*this);
  }
  report_memory(0);
}

void Stream::start(const OpenStream& wanted, std::string_view head) {
  opened_ = seconds_now();
  last_write_ = ticks_now();
  try {
    if (!queue_opening(wanted, head)) return retire();
    join(wanted);
  } catch (const std::bad_alloc&) {
    return retire();
  }
  if (state_ == State::kRecalling && !begin_recall(wanted)) {
    return abandon(EndReason::kError);
  }
  const base::Time now = context_.reactor.now();
  if (state_ == State::kLive) context_.deadlines.heartbeat.arm(*this, now);
  context_.reactor.flush_later(*this);
}

// False, or std::bad_alloc, without memory.
bool Stream::queue_opening(const OpenStream& wanted, std::string_view head) {
  if (!queue_.push(sse::Frame::raw(head))) return false;
  if (!wanted.last_event_id) return true;
  const auto resumption = context_.hub.resume(*wanted.last_event_id);
  if (resumption.elsewhere) {
    state_ = State::kRecalling;
    return true;
  }
  Metrics& metrics = context_.metrics;
  ++(resumption.gap ? metrics.replays_with_gap : metrics.replays_complete);
  if (resumption.next < context_.hub.history().next()) {
    if (!queue_.set_cursor(resumption.next)) return false;
    state_ = State::kCatchingUp;
  }
  return !resumption.gap || queue_gap(*wanted.last_event_id);
}

void Stream::leave_cluster() {
  context_.cluster->recalls().forget(*this);
  context_.cluster->backplane().client_changed(hub::Hub::id_of(*this));
}

// Counted, subscribed and to end with its token, or none of it.
void Stream::join(const OpenStream& wanted) {
  context_.admission.enter(peer_);
  try {
    if (wanted.expires) {
      context_.expiries.arm(*this, socket_, *wanted.expires);
    }
    context_.hub.subscribe(*this, wanted.id, wanted.topics);
  } catch (const std::bad_alloc&) {
    context_.expiries.disarm(socket_);
    context_.admission.leave(peer_);
    throw;
  }
  ++context_.metrics.streams_opened;
  if (context_.cluster) context_.cluster->backplane().client_changed(wanted.id);
}

bool Stream::stalled() const {
  return os::Reactor::interest(*this) == os::Interest::kReadWrite;
}

void Stream::deliver(const sse::FrameRef& frame) {
  assert(open());
  if (state_ == State::kCatchingUp) {
    if (stalled() && overtaken()) context_.reactor.flush_later(*this);
    return;
  }
  if (state_ == State::kRecalling) return;
  take(frame);
}

void Stream::take(const sse::FrameRef& frame) {
  if (!queue_.push(frame)) {
    verdict_ = Verdict::kNoMemory;
    return context_.reactor.flush_later(*this);
  }
  if (!stalled()) return context_.reactor.flush_later(*this);
  // While the socket is full there is no use in trying: epoll will tell. But
  // a backlog past all bounds is looked at before the loop sleeps.
  if (!bound_backlog()) context_.reactor.flush_later(*this);
  report_memory();
}

void Stream::kick() {
  if (verdict_ == Verdict::kNone) verdict_ = Verdict::kKicked;
  context_.reactor.flush_later(*this);
}

// Leaves to the history what waits behind the front frame. False when that is
// not there any more, or no history is kept.
bool Stream::fall_back() {
  const hub::History& history = context_.hub.history();
  const uint64_t first = queue_.first_waiting_event();
  if (!history.enabled()) return false;
  if (first == 0) return true;  // nothing to leave
  if (first < history.first()) return false;
  [[maybe_unused]] const bool set = queue_.set_cursor(first);
  assert(set);  // something waits behind the front frame
  queue_.drop_waiting_events();
  state_ = State::kCatchingUp;
  return true;
}

// Behind a full socket. False when too much waits there and it cannot be
// helped.
bool Stream::bound_backlog() {
  if (state_ == State::kRecalling) return true;  // one slice, and no more comes
  const size_t limit = context_.settings.queue_bytes;
  const bool much = state_ == State::kCatchingUp ||
                    queue_.cost() > std::min(kSoftMark, limit);
  return !much || fall_back() || queue_.cost() <= limit;
}

// Streams that keep up report nothing: see HeldMemory. One that ends and whose
// client sends no more waits to write only.
void Stream::report_memory() {
  const bool keeps_up = os::Reactor::interest(*this) == os::Interest::kRead;
  report_memory(keeps_up ? 0 : queue_.cost());
}

void Stream::report_memory(size_t cost) {
  const size_t before = queue_.reported();
  if (queue_.set_reported(cost)) {
    return context_.held_memory.change(before, cost);
  }
  // What is not counted would escape the limit.
  verdict_ = Verdict::kNoMemory;
  context_.reactor.flush_later(*this);
}

void Stream::end(EndReason reason, std::string_view last_words) {
  leave(reason);
  state_ = State::kEnding;
  bool said = last_words.empty() || queue_.push(sse::Frame::chunk(last_words));
  if (queue_.framing() == sse::Framing::kChunked) {
    said = said && queue_.push(context_.last_chunk);
  }
  if (!said) return retire();  // no memory: it ends without
  context_.deadlines.ending.arm(*this, context_.reactor.now());
  context_.reactor.flush_later(*this);
}

// EventSource comes back, which tells its page that it needs a new token.
void Stream::on_expired() {
  end(EndReason::kExpired, ": the token has expired\n");
}

// A stream that is flushed though its socket is full has been overtaken, or has
// more waiting than it may.
void Stream::on_flush() {
  const bool hopeless = verdict_ == Verdict::kNone && stalled() && overtaken();
  if (hopeless) return abandon(EndReason::kSlow);
  write_queue();
}

void Stream::on_writable() {
  write_queue();
}

void Stream::write_queue() {
  if (verdict_ == Verdict::kNoMemory) return abandon(EndReason::kError);
  if (verdict_ == Verdict::kKicked && open()) return end(EndReason::kKicked);
  std::array<os::ConstBuffer, kPiecesAWrite> pieces;
  const size_t count = queue_.gather(pieces);
  if (count == 0) return on_drained();
  size_t offered = 0;
  for (size_t i = 0; i < count; ++i) offered += pieces[i].size;
  const os::IoResult result = socket_.write({pieces.data(), count});
  if (result.status == os::IoStatus::kBroken) {
    return abandon(EndReason::kClientClosed);
  }
  const bool moved = result.status == os::IoStatus::kDone;
  if (moved) count_written(result.size);
  if (queue_.empty()) return on_drained();
  on_left_over(moved, result.size < offered);
}

void Stream::count_written(size_t bytes) {
  const size_t events = queue_.consume(bytes);
  bytes_sent_ = (bytes_sent_ + bytes) & kMostBytes;
  events_sent_ = (events_sent_ + events) & kMostEvents;
  last_write_ = ticks_now();
  context_.metrics.bytes_sent += bytes;
  context_.metrics.events_sent += events;
}

// Something still waits: behind a full socket, or because it was more than one
// write takes.
void Stream::on_left_over(bool moved, bool socket_full) {
  const base::Time now = context_.reactor.now();
  if (!open()) {
    if (moved) context_.deadlines.ending.arm(*this, now);
  } else if (stalled() ? moved : socket_full) {
    context_.deadlines.stalled.arm(*this, now);
  }
  if (!socket_full) return context_.reactor.flush_later(*this);
  if (open() && !bound_backlog()) return abandon(EndReason::kSlow);
  const bool alone = state_ == State::kEndingAlone;
  context_.reactor.set_interest(
      *this, alone ? os::Interest::kWrite : os::Interest::kReadWrite);
  report_memory();
}

void Stream::on_drained() {
  if (state_ == State::kEndingAlone) return retire();
  const base::Time now = context_.reactor.now();
  if (state_ == State::kCatchingUp) {
    context_.deadlines.catching_up.arm(*this, now);
  } else if (stalled() && open()) {
    context_.deadlines.heartbeat.arm(*this, now);
  }
  if (state_ == State::kRecalling) context_.cluster->recalls().more(*this);
  context_.reactor.set_interest(*this, os::Interest::kRead);
  report_memory();
  if (state_ != State::kEnding) return;
  socket_.shutdown_write();
  state_ = State::kLingering;
  context_.deadlines.ending.arm(*this, context_.reactor.now());
}

void Stream::on_readable() {
  const os::IoResult result = socket_.read(context_.read_buffer());
  switch (result.status) {
    case os::IoStatus::kDone:
      return ignore(result.size);
    case os::IoStatus::kNotReady:
      return;
    case os::IoStatus::kEnd:
      return on_peer_end();
    case os::IoStatus::kBroken:
      return abandon(EndReason::kClientClosed);
  }
}

// A FIN on a stream means that the client is gone or wants no more: unlike a
// reset it may still read, so it gets the clean end that costs nothing.
void Stream::on_peer_end() {
  if (state_ == State::kLingering) return retire();
  if (open()) end(EndReason::kClientClosed);
  state_ = State::kEndingAlone;
  context_.reactor.set_interest(*this, os::Interest::kWrite);
}

void Stream::ignore(size_t bytes) {
  bytes += ignored_bytes_;
  if (bytes > kMaxIgnoredBytes) return abandon(EndReason::kClientClosed);
  ignored_bytes_ = bytes & kMostIgnored;
}

void Stream::on_deadline() {
  if (!open()) return retire();
  if (stalled()) return abandon(EndReason::kTimeout);
  if (state_ == State::kCatchingUp) return take_slice();
  const base::Time now = context_.reactor.now();
  context_.deadlines.heartbeat.arm(*this, now);
  const auto quiet = static_cast<uint16_t>(ticks_now() - last_write_);
  // Ticks are cut off, not rounded: one more, so that it is never early.
  if (quiet * kTick >= context_.settings.heartbeat + kTick && queue_.empty()) {
    take(context_.heartbeat);
  }
}

// A clock of two bytes that goes round in more than an hour and a half, which
// is longer than a stream is silent: good for telling how long that was.
uint16_t Stream::ticks_now() const {
  return static_cast<uint16_t>(context_.reactor.now().time_since_epoch() /
                               kTick);
}

uint32_t Stream::seconds_now() const {
  const auto since_boot = context_.reactor.now().time_since_epoch();
  return static_cast<uint32_t>(since_boot / std::chrono::seconds(1));
}

hub::Subscriber::Status Stream::status() const {
  const bool recalls = state_ == State::kRecalling;  // Redis knows how far
  const bool reads = state_ == State::kCatchingUp;
  return {.address = address(),
          .connected = std::chrono::seconds(seconds_now() - opened_),
          .bytes_queued = queue_.bytes(),
          .events_sent = events_sent_,
          .last_sent = recalls ? 0
                       : reads ? queue_.cursor() - 1
                               : hub::Hub::latest_of(*this),
          .catching_up = reads || recalls};
}

std::string Stream::address() const {
  return context_.client_addresses.text(socket_);
}

// Out of the hub and its list of deadlines: nothing is delivered from here on.
void Stream::leave(EndReason reason) {
  assert(open());
  context_.log.info("stream-end", {{"id", hub::Hub::id_of(*this)},
                                   {"address", address()},
                                   {"reason", to_string(reason)},
                                   {"seconds", seconds_now() - opened_},
                                   {"events", uint64_t{events_sent_}},
                                   {"bytes", uint64_t{bytes_sent_}},
                                   {"queued", queue_.bytes()}});
  ++context_.metrics.streams_ended[static_cast<size_t>(reason)];
  disarm();
  context_.expiries.disarm(socket_);
  if (context_.cluster) leave_cluster();
  context_.hub.unsubscribe(*this);
  context_.admission.leave(peer_);
}

// Closes without a word, whatever the state: the peer does not read.
void Stream::abandon(EndReason reason) {
  if (open()) leave(reason);
  retire();
}

void Stream::evict() {
  ++context_.metrics.streams_evicted;
  abandon(EndReason::kSlow);
}

void Stream::on_no_memory() {
  if (!os::Reactor::retired(*this)) abandon(EndReason::kError);
}

void Stream::retire() {
  disarm();
  report_memory(0);
  context_.reactor.retire(*this);
}

}  // namespace rivulet::server

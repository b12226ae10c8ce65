// A publish whose body is coming in: one event, or a stream of them.
//
//   one event          body kept up to max-event-bytes, published at its end
//   text/event-stream  each event published at its blank line, however long the
//                      body stays open; nothing is kept but an unfinished one
//
// The connection feeds it; it knows the hub and no socket. An event that is at
// fault ends it: those before it have been published, and the answer says how
// many they were.
//
// In a cluster an event is published when Redis has it, turns later: until then
// it is in flight, and the answer waits for the last of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/state.h"
#include "cluster/ticket.h"
#include "http/response.h"
#include "http/status.h"
#include "server/context.h"
#include "server/outcome.h"
#include "server/waiter.h"
#include "sse/event_parser.h"

namespace rivulet::server {

class Publication final : private cluster::Asker {
 public:
  // `waiter` is told when something that was in flight is settled, and it may
  // go on for that.
  Publication(Context& context, PublishBody what, Waiter& waiter);
  ~Publication();
  Publication(const Publication&) = delete;
  Publication& operator=(const Publication&) = delete;

  // The most bytes of body that it takes.
  [[nodiscard]] uint64_t body_limit() const;
  // Whether its publisher may take hours over it.
  [[nodiscard]] bool endless() const { return what_.event_stream; }

  // Takes a piece of the decoded body. When that has more to publish than fits
  // into this turn (PublishTurns), the rest is waiting(), and go_on() in a
  // later turn takes it up.
  void take(std::string_view piece);
  [[nodiscard]] bool waiting() const {
    return !unread_.empty() || (refusal_ && in_flight_ > 0);
  }
  void go_on();

  // Events that Redis has not answered for.
  [[nodiscard]] size_t in_flight() const { return in_flight_; }

  // Whether an event was at fault, or could not be published: nothing is to be
  // fed then, and response() says what it was.
  [[nodiscard]] bool refused() const { return refusal_.has_value(); }

  // At the end of the body: publishes what has not been yet. It may be said
  // again.
  void end();
  // When nothing is in flight after that, or it is refused: the answer.
  [[nodiscard]] http::Response response() const;

  // Events that have been published so far.
  [[nodiscard]] uint64_t events() const { return events_; }

  // The answer when the server cannot wait for the end.
  [[nodiscard]] http::Response interrupted() const;

  // Whether an event of the stream has begun and is not complete: then its
  // publisher keeps the server waiting.
  [[nodiscard]] bool in_event() const { return parser_.unfinished(); }

  // What it holds in memory, roughly.
  [[nodiscard]] size_t held_bytes() const {
    return sizeof(*this) + body_.capacity() + unread_.capacity() +
           parser_.held_bytes();
  }

  // Into and out of the state of a server (upgrade.h).
  void carry(base::State& state);

 private:
  // Behind so many in flight, the rest of an event stream waits.
  static constexpr size_t kMostInFlight = 1024;

  void on_published(hub::EventId id) override;
  void on_nobody_there() override;
  void on_answer(const cluster::RedisReply&) override {}
  void on_failed() override;
  void settle_one();
  void refuse_for_now();
  [[nodiscard]] http::Response refusal_response() const;
  void send_off(const hub::Target& target, const sse::Event& event);
  void read_events(std::string_view input);
  void publish(std::string_view name, std::string_view data);
  void refuse_event(sse::EventParser::Fault fault);
  void publish_body();
  [[nodiscard]] std::string last_id_json() const;
  [[nodiscard]] std::string receivers_json() const;
  [[nodiscard]] http::Response summary() const;

  Context& context_;
  PublishBody what_;
  Waiter& waiter_;
  sse::EventParser parser_;
  std::string body_;    // of one event
  std::string unread_;  // of an event stream, for a later turn
  std::optional<http::Refusal> refusal_;
  uint64_t read_ = 0;    // events of the stream so far
  uint64_t events_ = 0;  // of them, those published: not to who is not there
  uint64_t receivers_ = 0;
  uint64_t last_sequence_ = 0;
  hub::EventId last_id_;         // as Redis gave it
  cluster::TicketRef ticket_{};  // from the first that was in flight on
  size_t in_flight_ = 0;
  bool ended_ = false;
};

}  // namespace rivulet::server

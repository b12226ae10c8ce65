// A publish whose body is coming in: one event, or a stream of them.
//
//   one event        body kept up to max-event-bytes, published at its end
//   text/event-stream  each event published at its blank line, however long
//                    the body stays open; nothing is kept but an unfinished one
//
// The connection feeds it; it knows the hub and no socket. An event that is at
// fault ends it: those before it have been published, and the answer says how
// many they were.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/state.h"
#include "http/response.h"
#include "http/status.h"
#include "server/context.h"
#include "server/outcome.h"
#include "sse/event_parser.h"

namespace rivulet::server {

class Publication {
 public:
  Publication(Context& context, PublishBody what);

  // The most bytes of body that it takes.
  [[nodiscard]] uint64_t body_limit() const;
  // Whether its publisher may take hours over it.
  [[nodiscard]] bool endless() const { return what_.event_stream; }

  // Takes a piece of the decoded body. When that has more to publish than fits
  // into this turn (PublishTurns), the rest is waiting(), and go_on() in a
  // later turn takes it up.
  void take(std::string_view piece);
  [[nodiscard]] bool waiting() const { return !unread_.empty(); }
  void go_on();

  // What was wrong with an event; nothing is to be fed then.
  [[nodiscard]] const std::optional<http::Refusal>& refusal() const {
    return refusal_;
  }

  // At the end of the body: the answer.
  [[nodiscard]] http::Response finish();

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
  void read_events(std::string_view input);
  void publish(std::string_view name, std::string_view data);
  void refuse_event(sse::EventParser::Fault fault);
  [[nodiscard]] http::Response publish_body();
  [[nodiscard]] http::Response summary() const;

  Context& context_;
  PublishBody what_;
  sse::EventParser parser_;
  std::string body_;    // of one event
  std::string unread_;  // of an event stream, for a later turn
  std::optional<http::Refusal> refusal_;
  uint64_t read_ = 0;    // events of the stream so far
  uint64_t events_ = 0;  // of them, those published: not to who is not there
  uint64_t receivers_ = 0;
  uint64_t last_sequence_ = 0;
};

}  // namespace rivulet::server

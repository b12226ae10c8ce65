#include "server/publication.h"

#include <fmt/format.h>

#include <cassert>
#include <utility>

#include "base/text.h"
#include "http/request_parser.h"
#include "server/routes.h"

namespace rivulet::server {
namespace {

using Fault = sse::EventParser::Fault;

// The id as JSON: null when events have none.
std::string id_json(const Context& context, uint64_t sequence) {
  const std::string id =
      sequence == 0 ? std::string() : context.hub.id_text(sequence);
  return id.empty() ? "null" : fmt::format(R"("{}")", id);
}

std::string_view describe(Fault fault) {
  switch (fault) {
    case Fault::kTooLarge:
      return "is larger than max-event-bytes";
    case Fault::kNotUtf8:
      return "is not UTF-8";
    case Fault::kNul:
      return "holds a NUL";
    case Fault::kNone:
      break;
  }
  return "is good";
}

}  // namespace

Publication::Publication(Context& context, PublishBody what)
    : context_(context),
      what_(std::move(what)),
      parser_(context.settings.max_event_bytes) {}

uint64_t Publication::body_limit() const {
  return what_.event_stream ? http::RequestParser::kUnlimited
                            : context_.settings.max_event_bytes;
}

void Publication::take(std::string_view piece) {
  assert(!waiting() && !refusal_);
  if (what_.event_stream) return read_events(piece);
  body_ += piece;
}

void Publication::go_on() {
  const std::string rest = std::exchange(unread_, {});
  read_events(rest);
}

void Publication::read_events(std::string_view input) {
  while (!input.empty() && !refusal_) {
    if (context_.publish_turns.spent()) {
      unread_ = input;
      return;
    }
    input.remove_prefix(parser_.feed(input));
    if (parser_.fault() != Fault::kNone) return refuse_event(parser_.fault());
    if (!parser_.has_event()) continue;
    publish(parser_.name().empty() ? what_.event_name : parser_.name(),
            parser_.data());
  }
}

void Publication::publish(std::string_view name, std::string_view data) {
  const hub::Receipt receipt =
      context_.publish({.client = what_.client, .topics = what_.topics},
                       {.name = name, .data = data, .retry = what_.retry});
  ++read_;
  if (receipt.sequence == 0) return;  // nobody is connected under that id
  ++events_;
  receivers_ += receipt.receivers;
  last_sequence_ = receipt.sequence;
}

void Publication::refuse_event(Fault fault) {
  const auto status = fault == Fault::kTooLarge ? http::Status::kContentTooLarge
                                                : http::Status::kBadRequest;
  refusal_ = {status, fmt::format("event {} {}; published before it: {}",
                                  read_ + 1, describe(fault), events_)};
}

http::Response Publication::finish() {
  return what_.event_stream ? summary() : publish_body();
}

http::Response Publication::publish_body() {
  if (body_.find('\0') != std::string::npos) {
    return http::error_response(http::Status::kBadRequest,
                                "the data of an event holds no NUL");
  }
  if (!base::is_valid_utf8(body_)) {
    return http::error_response(http::Status::kBadRequest,
                                "the data of an event is UTF-8");
  }
  publish(what_.event_name, body_);
  if (last_sequence_ == 0) return nobody_there();
  return http::json_response(fmt::format(R"({{"id":{},"receivers":{}}})",
                                         id_json(context_, last_sequence_),
                                         receivers_));
}

http::Response Publication::interrupted() const {
  http::Response response = unavailable();
  response.body = fmt::format(
      "the server is shutting down; events published so far: {}\n", events_);
  return response;
}

http::Response Publication::summary() const {
  if (read_ > 0 && events_ == 0) return nobody_there();
  return http::json_response(
      fmt::format(R"({{"events":{},"id":{},"receivers":{}}})", events_,
                  id_json(context_, last_sequence_), receivers_));
}

}  // namespace rivulet::server

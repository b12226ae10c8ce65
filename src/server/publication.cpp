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

Publication::Publication(Context& context, PublishBody what, Waiter& waiter)
    : context_(context),
      what_(std::move(what)),
      waiter_(waiter),
      parser_(context.settings.max_event_bytes) {}

Publication::~Publication() {
  if (ticket_) ticket_->asker = nullptr;
}

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
    if (context_.publish_turns.spent() || in_flight_ >= kMostInFlight) {
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
  const hub::Target target{.client = what_.client, .topics = what_.topics};
  const sse::Event event{.name = name, .data = data, .retry = what_.retry};
  ++read_;
  if (context_.cluster) return send_off(target, event);
  const hub::Receipt receipt = context_.publish(target, event);
  if (receipt.sequence == 0) return;  // nobody is connected under that id
  ++events_;
  receivers_ += receipt.receivers;
  last_sequence_ = receipt.sequence;
}

void Publication::send_off(const hub::Target& target, const sse::Event& event) {
  if (!ticket_) ticket_ = cluster::TicketRef(new cluster::Ticket(*this));
  if (context_.cluster->backplane().publish(target, event, ticket_)) {
    ++in_flight_;
  } else {
    refuse_for_now();
  }
}

void Publication::on_published(hub::EventId id) {
  ++events_;
  last_id_ = id;
  settle_one();
}

void Publication::on_nobody_there() {
  settle_one();
}

void Publication::on_failed() {
  refuse_for_now();
  assert(in_flight_ > 0);
  --in_flight_;
  waiter_.on_settled();  // nothing more is to be read
}

void Publication::settle_one() {
  assert(in_flight_ > 0);
  --in_flight_;
  const bool room = waiting() && in_flight_ == kMostInFlight / 2;
  if (in_flight_ == 0 || room) waiter_.on_settled();
}

void Publication::refuse_for_now() {
  if (refusal_) return;
  refusal_ = {http::Status::kServiceUnavailable, kRedisIsAway};
}

void Publication::refuse_event(Fault fault) {
  const auto status = fault == Fault::kTooLarge ? http::Status::kContentTooLarge
                                                : http::Status::kBadRequest;
  refusal_ = {status, fmt::format("event {} {}", read_ + 1, describe(fault))};
}

void Publication::end() {
  if (what_.event_stream || std::exchange(ended_, true)) return;
  publish_body();
}

void Publication::publish_body() {
  constexpr auto kBad = http::Status::kBadRequest;
  if (what_.status) return publish(what_.event_name, *what_.status);
  if (body_.find('\0') != std::string::npos) {
    refusal_ = {kBad, "the data of an event holds no NUL"};
  } else if (!base::is_valid_utf8(body_)) {
    refusal_ = {kBad, "the data of an event is UTF-8"};
  } else {
    publish(what_.event_name, body_);
  }
}

http::Response Publication::response() const {
  assert(in_flight_ == 0);
  if (refusal_) return refusal_response();
  if (what_.event_stream) return summary();
  if (events_ == 0) return nobody_there();
  // "Ok" without a line end is what the callers of the GET routes compare with.
  if (what_.status) return http::Response{.body = "Ok"};
  return http::json_response(fmt::format(R"({{"id":{},"receivers":{}}})",
                                         last_id_json(), receivers_json()));
}

http::Response Publication::refusal_response() const {
  const std::string published =
      what_.event_stream ? fmt::format("; published before it: {}", events_)
                         : std::string();
  http::Response response =
      http::error_response(refusal_->status, refusal_->reason + published);
  if (refusal_->status == http::Status::kServiceUnavailable) {
    response.fields = kRetrySoon;
  }
  return response;
}

// Null when events have none.
std::string Publication::last_id_json() const {
  std::string id;
  if (last_sequence_ != 0) id = context_.hub.id_text(last_sequence_);
  if (last_id_ != hub::EventId()) {
    id = redis_text(last_id_);
  }
  return id.empty() ? "null" : fmt::format(R"("{}")", id);
}

// What other instances deliver nobody counts.
std::string Publication::receivers_json() const {
  return context_.cluster ? "null" : fmt::to_string(receivers_);
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
                  last_id_json(), receivers_json()));
}

}  // namespace rivulet::server

// A connection, and what it publishes, for the binary that goes on with them
// (upgrade.h).
#include <memory>
#include <string>

#include "server/connection.h"

namespace rivulet::server {

void Connection::carry(base::State& state) {
  state.choice(state_, State::kLingering);
  std::string waiting = output_.substr(written_);
  state.text(waiting);
  if (state.loading()) output_ = std::move(waiting);
  state.text(unread_);
  state.number(linger_bytes_);
  state.time(asked_);
  state.number(body_seen_);
  state.number(client_);
  state.flag(publishes_);
  context_.client_addresses.carry(state, socket_);

  bool in_request = parser_ != nullptr;
  bool in_body = publication_ != nullptr;
  state.flag(in_request);
  state.flag(in_body);
  state.require(in_request || !in_body, "a body without a request");
  if (state.loading() && in_request) {
    parser_ = std::make_unique<http::RequestParser>(context_.settings.request);
  }
  if (state.loading() && in_body) {
    publication_ =
        std::make_unique<Publication>(context_, PublishBody{}, *this);
  }
  if (in_request) parser_->carry(state);
  if (in_body) publication_->carry(state);
  if (state.loading()) report_memory();
}

void Publication::carry(base::State& state) {
  constexpr size_t kLeastOfATopic = 8;
  state.text(what_.client);
  what_.topics.resize(state.count(what_.topics.size(), kLeastOfATopic));
  for (std::string& topic : what_.topics) state.text(topic);
  state.text(what_.event_name);
  bool has_retry = what_.retry.has_value();
  state.flag(has_retry);
  if (has_retry) {
    if (!what_.retry) what_.retry = 0;
    state.number(*what_.retry);
  }
  state.flag(what_.event_stream);
  bool in_path = what_.status.has_value();
  state.flag(in_path);
  if (in_path) {
    if (!what_.status) what_.status.emplace();
    state.text(*what_.status);
  }
  parser_.carry(state);
  state.text(body_);
  state.text(unread_);
  bool refused = refusal_.has_value();
  state.flag(refused);
  if (refused) {
    if (!refusal_) refusal_.emplace();
    http::carry(state, *refusal_);
  }
  for (uint64_t* number : {&read_, &events_, &receivers_, &last_sequence_,
                           &last_id_.epoch, &last_id_.sequence}) {
    state.number(*number);
  }
  state.flag(ended_);
  state.require(in_flight_ == 0, "an event is on its way to redis");
}

}  // namespace rivulet::server

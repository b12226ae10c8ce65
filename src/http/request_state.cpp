// A request that has not come in whole, for the binary that reads the rest of
// it (server/upgrade.h).
#include <utility>

#include "base/state.h"
#include "http/request_parser.h"

namespace rivulet::http {
namespace {

// What a Request::Field takes in a state: four numbers of eight bytes.
constexpr size_t kLeastOfAField = 32;

}  // namespace

void carry(base::State& state, Refusal& refusal) {
  auto status = static_cast<uint16_t>(refusal.status);
  state.number(status);
  state.text(refusal.reason);
  refusal.status = static_cast<Status>(status);
  state.require(!reason_phrase(refusal.status).empty(),
                "a refusal has an unknown status");
}

void Request::carry(base::State& state) {
  state.text(text_);
  fields_.resize(state.count(fields_.size(), kLeastOfAField));
  const auto carry_place = [this, &state](Place& place) {
    state.number(place.at);
    state.number(place.size);
    state.require(uint64_t{place.at} + place.size <= text_.size(),
                  "a part of a request is not in it");
  };
  for (Field& field : fields_) {
    carry_place(field.name);
    carry_place(field.value);
  }
  for (Place* place : {&target_, &path_, &query_}) carry_place(*place);
  state.choice(method_, Method::kOther);
  state.choice(body_kind_, BodyKind::kChunked);
  state.number(minor_version_);
  state.flag(keep_alive_);
  state.number(content_length_);
}

// A parser of heads cannot be carried, for it is llhttp's: what has come of a
// head is read once more. Of one that has been read, `llhttp_` is only asked
// whether it was HEAD.
void RequestParser::carry(base::State& state) {
  state.choice(state_, State::kRefused);
  state.text(unfinished_head_);
  if (state_ == State::kHead) {
    if (!state.loading()) return;
    const std::string head = std::exchange(unfinished_head_, {});
    state.require(feed(head) == head.size(), "a head does not read as it did");
    return;
  }
  guard_.carry(state);
  bool is_head_request = is_head();
  state.flag(is_head_request);
  if (state.loading()) llhttp_.method = is_head_request ? HTTP_HEAD : HTTP_GET;
  state.flag(body_begun_);
  state.number(body_limit_);
  state.number(body_bytes_);
  state.require(body_bytes_ <= body_limit_ || state_ == State::kRefused,
                "a body is longer than it may be");
  chunked_.carry(state);
  request_.carry(state);
  state.require(request_.body_kind() != BodyKind::kLength ||
                    body_bytes_ <= request_.content_length(),
                "a body is longer than it says");
  if (state_ == State::kRefused) http::carry(state, refusal_);
}

void ChunkedDecoder::carry(base::State& state) {
  state.choice(state_, State::kRefused);
  state.number(size_digits_);
  extension_.carry(state);
  state.number(extension_bytes_);
  state.number(left_);
  trailer_.carry(state);
}

void ChunkExtension::carry(base::State& state) {
  state.choice(state_, State::kAfterValue);
}

void HeadGuard::carry(base::State& state) {
  state.choice(state_, State::kRefused);
  state.number(blank_lines_);
  state.number(version_size_);
  state.require(version_size_ <= kVersionLength, "a version is too long");
  std::string version(version_.data(), version_.size());
  state.text(version);
  state.require(version.size() == version_.size(), "a version is cut");
  version.copy(version_.data(), version_.size());
  state.number(field_bytes_);
  state.number(part_bytes_);
  state.number(fields_);
}

}  // namespace rivulet::http

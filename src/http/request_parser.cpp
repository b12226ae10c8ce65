#include "http/request_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/text.h"
#include "http/request_rules.h"

namespace rivulet::http {
namespace {

Method method_of(const llhttp_t& parser) {
  switch (parser.method) {
    case HTTP_GET:
      return Method::kGet;
    case HTTP_HEAD:
      return Method::kHead;
    case HTTP_POST:
      return Method::kPost;
    case HTTP_PUT:
      return Method::kPut;
    case HTTP_DELETE:
      return Method::kDelete;
    case HTTP_OPTIONS:
      return Method::kOptions;
    default:
      return Method::kOther;
  }
}

// Also what llhttp says of methods that it knows from RTSP and HTTP/2. Of PRI
// it says nothing until the text differs from HTTP/2's preface, which goes on
// behind the empty line (RFC 9113 §3.4).
bool is_about_method(llhttp_errno_t error, const llhttp_t& parser) {
  return error == HPE_INVALID_METHOD || error == HPE_INVALID_CONSTANT ||
         error == HPE_INVALID_VERSION || parser.method == HTTP_PRI;
}

}  // namespace

RequestParser::RequestParser(const RequestLimits& limits) : limits_(limits) {
  llhttp_init(&llhttp_, HTTP_REQUEST, &settings());
  llhttp_.data = this;
}

// llhttp may give a target, name or value in several pieces: each is appended
// where the last one ended.
const llhttp_settings_t& RequestParser::settings() {
  static const llhttp_settings_t settings = [] {
    llhttp_settings_t s;
    llhttp_settings_init(&s);
    s.on_url = [](llhttp_t* parser, const char* at, size_t size) {
      self(parser).append(self(parser).request_.target_, {at, size});
      return 0;
    };
    s.on_header_field = [](llhttp_t* parser, const char* at, size_t size) {
      RequestParser& me = self(parser);
      if (me.in_value_ || me.request_.fields_.empty()) {
        me.request_.fields_.emplace_back();
      }
      me.in_value_ = false;
      me.append(me.request_.fields_.back().name, {at, size});
      return 0;
    };
    s.on_header_field_complete = [](llhttp_t* parser) {
      self(parser).in_value_ = true;  // also of a field with an empty value
      return 0;
    };
    s.on_header_value = [](llhttp_t* parser, const char* at, size_t size) {
      RequestParser& me = self(parser);
      me.append(me.request_.fields_.back().value, {at, size});
      return 0;
    };
    s.on_headers_complete = [](llhttp_t* parser) {
      return self(parser).read_start_line();
    };
    return s;
  }();
  return settings;
}

size_t RequestParser::feed(std::string_view input) {
  body_piece_ = {};
  if (state_ == State::kHead) return feed_head(input);
  return state_ == State::kBody ? feed_body(input) : 0;
}

size_t RequestParser::feed_head(std::string_view input) {
  const size_t used = guard_.scan(input, limits_);
  // llhttp reads what is good before a byte that the guard refuses, so that
  // the fault named is the first one however the input was cut.
  const llhttp_errno_t error =
      method_unknown_ ? HPE_OK : llhttp_execute(&llhttp_, input.data(), used);
  method_unknown_ = method_unknown_ || is_about_method(error, llhttp_);
  // In this order: a whole head; then the fault that stands first in the text:
  // the method, what llhttp finds, what the guard does.
  if (guard_.done() && head_parsed_) {
    finish_head();
  } else if (method_unknown_) {
    refuse_unknown_method();
  } else if (error != HPE_OK) {
    refuse_by_llhttp();
  } else if (guard_.refused()) {
    refuse(guard_.refusal());
  } else if (guard_.done() || head_parsed_) {
    refuse(
        {Status::kBadRequest, "the request head does not end where it says"});
  }
  if (state_ == State::kHead) {
    unfinished_head_ += input.substr(0, used);
  } else {
    unfinished_head_ = std::string();
  }
  return used;
}

int RequestParser::read_start_line() {
  constexpr int kLeaveTheBodyToUs = 1;
  head_parsed_ = true;
  request_.method_ = method_of(llhttp_);
  request_.minor_version_ = llhttp_.http_minor;
  return kLeaveTheBodyToUs;
}

void RequestParser::finish_head() {
  for (Request::Field& field : request_.fields_) {
    const std::string_view value = request_.view(field.value);
    const std::string_view trimmed = base::trim(value);
    field.value.size = static_cast<uint32_t>(trimmed.size());
    if (trimmed.empty()) continue;
    field.value.at += static_cast<uint32_t>(trimmed.data() - value.data());
  }
  if (auto refusal = RequestRules::apply(request_)) {
    return refuse(std::move(*refusal));
  }
  state_ = State::kHeadRead;
}

void RequestParser::accept_body(uint64_t limit) {
  assert(state_ == State::kHeadRead);
  body_limit_ = limit;
  const bool bare = request_.body_kind() == BodyKind::kNone;
  state_ = bare ? State::kComplete : State::kBody;
  if (request_.content_length() > limit) refuse_size();
}

void RequestParser::refuse_size() {
  refuse({Status::kContentTooLarge,
          fmt::format("the body has more than {} bytes", body_limit_)});
}

bool RequestParser::continue_wanted() const {
  return state_ == State::kBody && !body_begun_ &&
         request_.minor_version() > 0 && request_.header("expect").has_value();
}

size_t RequestParser::feed_body(std::string_view input) {
  body_begun_ = true;
  if (request_.body_kind() == BodyKind::kChunked) return feed_chunked(input);
  const uint64_t left = request_.content_length() - body_bytes_;
  const auto used = static_cast<size_t>(std::min<uint64_t>(left, input.size()));
  body_bytes_ += used;
  body_piece_ = input.substr(0, used);
  if (body_bytes_ == request_.content_length()) state_ = State::kComplete;
  return used;
}

size_t RequestParser::feed_chunked(std::string_view input) {
  const ChunkedDecoder::Taken taken = chunked_.feed(input, limits_);
  body_bytes_ += taken.data.size();
  body_piece_ = taken.data;
  if (chunked_.refused()) {
    refuse(chunked_.refusal());
  } else if (body_bytes_ > body_limit_) {
    refuse_size();
  } else if (chunked_.done()) {
    state_ = State::kComplete;
  }
  return taken.bytes;
}

void RequestParser::append(Request::Place& place, std::string_view text) {
  if (place.size == 0) place.at = static_cast<uint32_t>(request_.text_.size());
  assert(place.at + place.size == request_.text_.size());
  request_.text_ += text;
  place.size += static_cast<uint32_t>(text.size());
}

// llhttp stops at the first letter of a method that it does not know; whether
// this is a request at all shows at the end of its line.
void RequestParser::refuse_unknown_method() {
  if (guard_.past_request_line()) {
    refuse({Status::kNotImplemented, "this method is not known here"});
  } else if (guard_.refused()) {
    refuse(guard_.refusal());
  }
}

void RequestParser::refuse_by_llhttp() {
  const char* reason = llhttp_get_error_reason(&llhttp_);
  refuse(
      {Status::kBadRequest, std::string("malformed request: ") +
                                (reason != nullptr ? reason : "unreadable")});
}

void RequestParser::refuse(Refusal refusal) {
  refusal_ = std::move(refusal);
  state_ = State::kRefused;
}

}  // namespace rivulet::http

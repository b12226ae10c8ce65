#include "http/head_guard.h"

#include <cassert>

#include "http/token.h"

namespace rivulet::http {
namespace {

// Longer than any registered method (UPDATEREDIRECTREF has 17 letters).
constexpr uint32_t kMaxMethodBytes = 24;
constexpr uint8_t kMaxBlankLines = 2;

constexpr const char* kBadVersion =
    "the request line must end with a version such as HTTP/1.1";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Visible ASCII, and bytes past it: they are not in the grammar, yet people
// type them into curl, and both parsers read them in one way only.
bool is_target_byte(unsigned char byte) {
  return byte > ' ' && byte != 0x7F;
}

bool is_value_byte(unsigned char byte) {
  return byte == '\t' || (byte >= ' ' && byte != 0x7F);
}

}  // namespace

size_t HeadGuard::scan(std::string_view input, const RequestLimits& limits) {
  size_t used = 0;
  while (used < input.size() && !done() && !refused()) {
    // From here on, in the order of the states, all bytes are those of fields.
    if (state_ >= State::kFieldStart && ++field_bytes_ > limits.fields_bytes) {
      refuse(Status::kHeaderFieldsTooLarge, "the header fields are too large");
    } else {
      take(static_cast<unsigned char>(input[used]), limits);
    }
    if (!refused()) ++used;
  }
  return used;
}

Refusal HeadGuard::refusal() const {
  assert(refused());
  return {status_, reason_};
}

void HeadGuard::take(unsigned char byte, const RequestLimits& limits) {
  switch (state_) {
    case State::kBeforeLine:
      return take_blank_line(byte);
    case State::kBeforeLineLf:
      return take_line_feed(byte, State::kBeforeLine);
    case State::kMethod:
      return take_method(byte);
    case State::kTarget:
      return take_target(byte, limits);
    case State::kVersion:
      return take_version(byte);
    case State::kVersionLf:
    case State::kFieldLf:
      return take_line_feed(byte, State::kFieldStart);
    case State::kFieldStart:
      return take_field_start(byte, limits);
    case State::kFieldName:
      return take_field_name(byte);
    case State::kFieldValue:
      return take_field_value(byte);
    case State::kEndLf:
      return take_line_feed(byte, State::kDone);
    case State::kDone:
    case State::kRefused:
      assert(false && "no byte is taken after the end");
  }
}

void HeadGuard::take_blank_line(unsigned char byte) {
  if (byte != '\r') {
    state_ = State::kMethod;
    return take_method(byte);
  }
  if (++blank_lines_ > kMaxBlankLines) {
    return refuse(Status::kBadRequest, "expected a request line");
  }
  state_ = State::kBeforeLineLf;
}

void HeadGuard::take_method(unsigned char byte) {
  if (byte == ' ' && part_bytes_ > 0) {
    part_bytes_ = 0;
    state_ = State::kTarget;
  } else if (!is_token_character(byte)) {
    refuse(Status::kBadRequest, "the request line must start with a method");
  } else if (++part_bytes_ > kMaxMethodBytes) {
    refuse(Status::kNotImplemented, "this method is not known here");
  }
}

void HeadGuard::take_target(unsigned char byte, const RequestLimits& limits) {
  if (byte == ' ' && part_bytes_ > 0) {
    state_ = State::kVersion;
  } else if (!is_target_byte(byte)) {
    refuse(Status::kBadRequest,
           "the request line must be: method, space, target, space, version");
  } else if (++part_bytes_ > limits.target_bytes) {
    refuse(Status::kUriTooLong, "the request target is too long");
  }
}

void HeadGuard::take_version(unsigned char byte) {
  if (byte == '\r') return check_version();
  if (version_size_ == kVersionLength || !is_target_byte(byte)) {
    return refuse(Status::kBadRequest, kBadVersion);
  }
  version_[version_size_++] = static_cast<char>(byte);
}

void HeadGuard::check_version() {
  constexpr std::string_view kName = "HTTP/";
  const std::string_view version(version_.data(), version_size_);
  if (version.size() != kVersionLength || !version.starts_with(kName)) {
    return refuse(Status::kBadRequest, kBadVersion);
  }
  const char major = version[kName.size()];
  const char dot = version[kName.size() + 1];
  const char minor = version[kName.size() + 2];
  if (!is_digit(major) || dot != '.' || !is_digit(minor)) {
    return refuse(Status::kBadRequest, kBadVersion);
  }
  if (major != '1' || minor > '1') {
    return refuse(Status::kVersionNotSupported,
                  "this server speaks HTTP/1.1 and HTTP/1.0");
  }
  state_ = State::kVersionLf;
}

void HeadGuard::take_field_start(unsigned char byte,
                                 const RequestLimits& limits) {
  if (byte == '\r') {
    state_ = State::kEndLf;
  } else if (byte == ' ' || byte == '\t') {
    refuse(Status::kBadRequest, "a header field must not be folded");
  } else if (++fields_ > limits.fields) {
    refuse(Status::kHeaderFieldsTooLarge, "too many header fields");
  } else if (!is_token_character(byte)) {
    refuse(Status::kBadRequest, "a header field must start with its name");
  } else {
    state_ = State::kFieldName;
  }
}

void HeadGuard::take_field_name(unsigned char byte) {
  if (byte == ':') {
    state_ = State::kFieldValue;
  } else if (!is_token_character(byte)) {
    refuse(Status::kBadRequest, "a header name must be followed by a colon");
  }
}

void HeadGuard::take_field_value(unsigned char byte) {
  if (byte == '\r') {
    state_ = State::kFieldLf;
  } else if (!is_value_byte(byte)) {
    refuse(Status::kBadRequest,
           "a header field holds a control character or a bare line feed");
  }
}

void HeadGuard::take_line_feed(unsigned char byte, State next) {
  if (byte != '\n') {
    return refuse(Status::kBadRequest, "a line must end with CR LF");
  }
  state_ = next;
}

void HeadGuard::refuse(Status status, const char* reason) {
  status_ = status;
  reason_ = reason;
  state_ = State::kRefused;
}

}  // namespace rivulet::http

// One parsed request head (RFC 9112 §2 to §5): what the routes look at.
//
// All text lives in one string that grows while the head arrives; target and
// fields are places in it. A request is filled by RequestParser and
// RequestRules, and read by everybody else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rivulet::base {
class State;
}

namespace rivulet::http {

enum class Method : uint8_t {
  kGet,
  kHead,
  kPost,
  kPut,
  kDelete,
  kOptions,
  kOther
};

// How the end of the body is found (RFC 9112 §6).
enum class BodyKind : uint8_t { kNone, kLength, kChunked };

class Request {
 public:
  [[nodiscard]] Method method() const { return method_; }
  // 0 or 1, for HTTP/1.0 and HTTP/1.1.
  [[nodiscard]] int minor_version() const { return minor_version_; }
  // Whether the client leaves the connection open after this request.
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }

  // The path as it was sent, percent-encodings and all: starts with '/', or is
  // "*" for OPTIONS. Without the query and its '?'.
  [[nodiscard]] std::string_view path() const { return view(path_); }
  // What follows the '?', percent-encoded; empty without one.
  [[nodiscard]] std::string_view query() const { return view(query_); }

  // The value of the first field of that name, without blanks around it. Names
  // compare without case (RFC 9110 §5.1).
  [[nodiscard]] std::optional<std::string_view> header(
      std::string_view name) const;

  // Calls `visit(std::string_view value)` for each field of that name.
  template <typename Visit>
  void for_each_header(std::string_view name, Visit visit) const {
    for (const Field& field : fields_) {
      if (named(field, name)) visit(view(field.value));
    }
  }

  [[nodiscard]] BodyKind body_kind() const { return body_kind_; }
  // In bytes; 0 unless body_kind() is kLength.
  [[nodiscard]] uint64_t content_length() const { return content_length_; }

  // Into and out of the state of a server (base/state.h); in request_state.cpp.
  void carry(base::State& state);

  // What it holds in memory beside itself.
  [[nodiscard]] size_t held_bytes() const {
    return text_.capacity() + fields_.capacity() * sizeof(Field);
  }

 private:
  friend class RequestParser;
  friend class RequestRules;

  struct Place {
    uint32_t at = 0;
    uint32_t size = 0;
  };
  struct Field {
    Place name;
    Place value;
  };

  [[nodiscard]] std::string_view view(Place place) const {
    return std::string_view(text_).substr(place.at, place.size);
  }
  [[nodiscard]] bool named(const Field& field, std::string_view name) const;

  std::string text_;
  std::vector<Field> fields_;
  Place target_;
  Place path_;
  Place query_;
  Method method_ = Method::kOther;
  BodyKind body_kind_ = BodyKind::kNone;
  uint8_t minor_version_ = 1;
  bool keep_alive_ = false;
  uint64_t content_length_ = 0;
};

}  // namespace rivulet::http

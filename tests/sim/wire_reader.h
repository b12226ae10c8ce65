// Reads what a server sends on one connection, as strictly as RFC 9112 is
// written: answers one after the other, and at last perhaps a stream. Whoever
// implements WireSink says what was expected.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rivulet::sim {

struct AnswerHead {
  int status = 0;
  size_t content_length = 0;
  bool has_length = false;
  bool chunked = false;
  bool closes = false;
  bool event_stream = false;
};

// What follows a head.
enum class Following : uint8_t { kNothing, kBody, kChunks, kPlainStream };

class WireSink {
 public:
  virtual ~WireSink() = default;
  virtual Following on_head(const AnswerHead& head) = 0;
  virtual void on_body(std::string_view body) = 0;
  virtual void on_chunk(std::string_view payload) = 0;
  virtual void on_last_chunk() = 0;
  // Bytes of a stream that has no chunks: takes what it can make sense of, and
  // says how many that were.
  virtual size_t on_plain(std::string_view bytes) = 0;
  virtual void on_bad_wire(std::string_view why) = 0;
};

class WireReader {
 public:
  explicit WireReader(WireSink& sink) : sink_(sink) {}

  void feed(std::string_view bytes);

  // What has come of something that is not whole yet.
  [[nodiscard]] size_t unfinished() const { return bytes_.size(); }
  // Whether a head has come and its body has not, perhaps not a byte of it.
  [[nodiscard]] bool in_body() const { return state_ == State::kBody; }
  // What of that body has not come.
  [[nodiscard]] size_t body_left() const {
    return in_body() ? body_size_ - rest().size() : 0;
  }
  [[nodiscard]] bool ended() const { return state_ == State::kEnded; }

 private:
  enum class State : uint8_t { kHead, kBody, kChunks, kPlain, kEnded, kBad };

  bool step();
  bool read_head();
  bool read_body();
  bool read_chunk();
  bool read_plain();
  void read_field(std::string_view line, AnswerHead& head);
  bool bad(std::string_view why);
  [[nodiscard]] std::string_view rest() const {
    return std::string_view(bytes_).substr(at_);
  }

  WireSink& sink_;
  State state_ = State::kHead;
  std::string bytes_;
  size_t at_ = 0;
  size_t body_size_ = 0;
};

}  // namespace rivulet::sim

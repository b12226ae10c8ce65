// Reads an event stream as the HTML standard does (§9.2.5, §9.2.6), piece by
// piece: lines end with CR, LF or CRLF, one byte order mark may open the
// stream, `:` opens a comment, unknown fields are passed over, and an event is
// complete at its blank line. What stands after the last blank line is no
// event.
//
//   feed("data: a\n\ndata: b") ── 9 bytes: has_event(), its data is "a"
//   feed("data: b")            ── 7 bytes: nothing yet
//
// It differs from a browser in what a server must not pass on: `id:` and
// `retry:` are about the connection they came over and are passed over too,
// and an event that is not UTF-8, or holds NUL, is refused rather than
// repaired. Comments and unknown fields are not looked at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rivulet::base {
class State;
}

namespace rivulet::sse {

class EventParser {
 public:
  enum class Fault : uint8_t { kNone, kTooLarge, kNotUtf8, kNul };

  // The most data and name that one event may have, together.
  explicit EventParser(size_t max_event_bytes)
      : max_event_bytes_(max_event_bytes) {}

  // Takes bytes from the front of `input`: all of them, or up to the end of an
  // event or a fault. An event that has been found is forgotten.
  [[nodiscard]] size_t feed(std::string_view input);

  [[nodiscard]] bool has_event() const { return complete_; }
  // Of that event, until the next feed(). Valid UTF-8 without NUL; the name
  // has no line end and may be empty.
  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] std::string_view data() const;

  // Whether an event has begun and is not complete.
  [[nodiscard]] bool unfinished() const {
    return !complete_ && (has_data_ || !line_.empty() || !name_.empty());
  }

  // What was wrong with an event. Nothing more is to be fed then.
  [[nodiscard]] Fault fault() const { return fault_; }

  // What it holds in memory; little between two events.
  [[nodiscard]] size_t held_bytes() const {
    return line_.capacity() + data_.capacity() + name_.capacity();
  }

  // Into and out of the state of a server (base/state.h).
  void carry(base::State& state);

 private:
  // What buffers keep from one event for the next.
  static constexpr size_t kKeptBytes = 1024;

  void forget_event();
  [[nodiscard]] size_t take_line(std::string_view input);
  void keep_part(std::string_view part);
  void end_line(std::string_view line);
  void end_event();
  [[nodiscard]] std::string_view without_mark(std::string_view line) const;
  [[nodiscard]] bool too_large(std::string_view name,
                               std::string_view value) const;

  size_t max_event_bytes_;
  std::string line_;  // the part of a line that has come
  std::string data_;  // with a line end after each line
  std::string name_;
  Fault fault_ = Fault::kNone;
  bool first_line_ = true;
  bool skipping_ = false;  // a line that says nothing
  bool after_cr_ = false;  // a LF would belong to that CR
  bool has_data_ = false;
  bool complete_ = false;
};

}  // namespace rivulet::sse

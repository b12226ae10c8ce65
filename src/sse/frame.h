// A frame: one piece of the event stream, encoded once and shared by every
// stream that gets it.
//
// It is kept as one chunk of the chunked coding (RFC 9112 §7.1), and the bytes
// between are what an HTTP/1.0 client gets, whose stream is not chunked:
//
//        chunked()
//   ┌─────────────────────────────────┐
//    d CR LF  data: hello LF LF  CR LF
//            └─────────────────┘
//                 plain()
//
// A frame never changes. Ten thousand queues hold ten thousand references to
// the same bytes; the last to go frees them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/ref.h"
#include "sse/event.h"

namespace rivulet::sse {

// Whether a stream's bytes are wrapped in the chunked coding (HTTP/1.1) or end
// with the connection (HTTP/1.0).
enum class Framing : uint8_t { kChunked, kPlain };

class Frame;
using FrameRef = base::Ref<const Frame>;

class Frame {
 public:
  // `payload`, not empty, as one chunk.
  // `sequence` is the event's place in the history, 0 for what is no event.
  [[nodiscard]] static FrameRef chunk(std::string_view payload,
                                      uint64_t sequence = 0);
  // `bytes`, not empty, as they are, whatever the framing: a response head,
  // or the chunk that ends a stream.
  [[nodiscard]] static FrameRef raw(std::string_view bytes);

  [[nodiscard]] std::string_view bytes(Framing framing) const {
    return framing == Framing::kChunked ? chunked() : plain();
  }
  [[nodiscard]] std::string_view chunked() const { return {data(), size_}; }
  [[nodiscard]] std::string_view plain() const {
    return chunked().substr(prefix_, size_t{size_} - prefix_ - suffix_);
  }

  // A frame as it was in another process: `whole` is its chunked(), which
  // begins with `prefix` and ends with `suffix` bytes of the coding. Some are
  // between.
  [[nodiscard]] static FrameRef copy(std::string_view whole, uint8_t prefix,
                                     uint8_t suffix, uint64_t sequence);
  [[nodiscard]] uint8_t prefix() const { return prefix_; }
  [[nodiscard]] uint8_t suffix() const { return suffix_; }

  // Of an event: when it was published, among all events. 0 for the rest. Not
  // the id that clients see: hub/event_id.h makes that.
  [[nodiscard]] uint64_t sequence() const { return sequence_; }

  // For base::Ref.
  mutable uint32_t references = 0;
  static void destroy(const Frame* frame);

 private:
  Frame(uint32_t size, uint8_t prefix, uint8_t suffix, uint64_t sequence)
      : size_(size), prefix_(prefix), suffix_(suffix), sequence_(sequence) {}

  // Header and bytes are one allocation; the bytes follow the header.
  static Frame* allocate(size_t size, size_t prefix, size_t suffix,
                         uint64_t sequence);
  [[nodiscard]] const char* data() const {
    return reinterpret_cast<const char*>(this + 1);
  }
  [[nodiscard]] char* data() { return reinterpret_cast<char*>(this + 1); }

  uint32_t size_;
  uint8_t prefix_;  // length of the chunk's size line
  uint8_t suffix_;  // length of the CR LF after its data
  uint64_t sequence_;
};

// The frame of one event: `event:` when it has a name, `retry:` when it has
// one, a `data:` line for each line of its data (CR, LF and CRLF all end one),
// and `id:` last, so that a stream cut in the middle of an event does not leave
// its id with a client that never saw the event. Then the blank line that
// dispatches it.
[[nodiscard]] FrameRef encode_event(const Event& event, uint64_t sequence = 0);

// A comment line, which clients ignore: the heartbeat. `text` has no line end.
// No blank line follows: some clients would dispatch an empty event.
[[nodiscard]] FrameRef encode_comment(std::string_view text);

// What opens a stream: the time after which clients reconnect, and a comment,
// so that proxies and clients have something to pass on at once.
[[nodiscard]] FrameRef encode_opening(uint64_t retry_ms);

// What ends a chunked stream (RFC 9112 §7.1); a plain one ends with its
// connection.
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace rivulet::sse

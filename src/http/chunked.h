// The chunked transfer coding (RFC 9112 §7.1), read strictly.
//
//   size [;extension] CR LF   data CR LF   ...   0 CR LF   trailers   CR LF
//
// llhttp could decode this too, but takes a bare CR where the grammar has
// CR LF (CVE-2023-30589 and its kin), and to refuse that one has to follow the
// framing oneself. So llhttp reads heads and this reads bodies.
//
// The writing side is in sse/frame.h, where a frame is one chunk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/chunk_extension.h"
#include "http/head_guard.h"
#include "http/limits.h"
#include "http/status.h"

namespace rivulet::base {
class State;
}

namespace rivulet::http {

class ChunkedDecoder {
 public:
  // What feed() has taken: how many bytes of the input, and which of them are
  // data of the body (a view into the input).
  struct Taken {
    size_t bytes = 0;
    std::string_view data;
  };

  // Takes bytes from the front of `input`: some framing, or one run of data.
  // Call again with the rest until it is empty or done() or refused().
  [[nodiscard]] Taken feed(std::string_view input, const RequestLimits& limits);

  [[nodiscard]] bool done() const { return state_ == State::kDone; }
  [[nodiscard]] bool refused() const { return state_ == State::kRefused; }
  // Valid once refused().
  [[nodiscard]] Refusal refusal() const;

  // As that of HeadGuard; in request_state.cpp.
  void carry(base::State& state);

 private:
  enum class State : uint8_t {
    kSize,  // hexadecimal digits
    kExtension,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailer,
    kDone,
    kRefused,
  };

  void take_framing(unsigned char byte, const RequestLimits& limits);
  void take_size(unsigned char byte, const RequestLimits& limits);
  void take_extension(unsigned char byte, const RequestLimits& limits);
  void expect(unsigned char byte, char wanted, State next, const char* reason);
  size_t take_trailer(std::string_view input, const RequestLimits& limits);
  void refuse(const char* reason);

  State state_ = State::kSize;
  uint8_t size_digits_ = 0;
  ChunkExtension extension_;
  uint32_t extension_bytes_ = 0;  // of all chunks
  uint64_t left_ = 0;  // of the chunk whose size or data is being read
  const char* reason_ = "";
  HeadGuard trailer_{HeadGuard::Part::kTrailer};
};

}  // namespace rivulet::http

#include "http/chunked.h"

#include <algorithm>
#include <cassert>

#include "base/text.h"

namespace rivulet::http {
namespace {

// Past this any size is too large, and another digit cannot overflow it.
constexpr uint64_t kLargestChunk = uint64_t{1} << 56U;
// Leading zeros mean nothing, but not without end.
constexpr uint8_t kMaxSizeDigits = 32;

constexpr const char* kBadSizeEnd = "a chunk's size must end with CR LF";
constexpr const char* kBadDataEnd = "a chunk must end with CR LF";

}  // namespace

ChunkedDecoder::Taken ChunkedDecoder::feed(std::string_view input,
                                           const RequestLimits& limits) {
  assert(!done() && !refused());
  if (state_ == State::kTrailer) return {take_trailer(input, limits), {}};
  if (state_ == State::kData) {
    const auto size =
        static_cast<size_t>(std::min<uint64_t>(left_, input.size()));
    left_ -= size;
    if (left_ == 0) state_ = State::kDataCr;
    return {size, input.substr(0, size)};
  }
  size_t used = 0;
  while (used < input.size() && state_ != State::kData &&
         state_ != State::kTrailer && !refused()) {
    take_framing(static_cast<unsigned char>(input[used++]), limits);
  }
  return {used, {}};
}

Refusal ChunkedDecoder::refusal() const {
  assert(refused());
  if (trailer_.refused()) return trailer_.refusal();
  return {Status::kBadRequest, reason_};
}

void ChunkedDecoder::take_framing(unsigned char byte,
                                  const RequestLimits& limits) {
  switch (state_) {
    case State::kSize:
      return take_size(byte, limits);
    case State::kExtension:
      return take_extension(byte, limits);
    case State::kSizeLf:
      return expect(byte, '\n', left_ == 0 ? State::kTrailer : State::kData,
                    kBadSizeEnd);
    case State::kDataCr:
      return expect(byte, '\r', State::kDataLf, kBadDataEnd);
    case State::kDataLf:
      size_digits_ = 0;
      extension_ = ChunkExtension();
      return expect(byte, '\n', State::kSize, kBadDataEnd);
    case State::kData:
    case State::kTrailer:
    case State::kDone:
    case State::kRefused:
      assert(false && "not framing");
  }
}

void ChunkedDecoder::take_size(unsigned char byte,
                               const RequestLimits& limits) {
  const int digit = base::hex_digit(static_cast<char>(byte));
  if (digit >= 0) {
    left_ = left_ * 16 + static_cast<unsigned>(digit);
    if (++size_digits_ > kMaxSizeDigits || left_ > kLargestChunk) {
      refuse("a chunk is too large");
    }
    return;
  }
  if (size_digits_ == 0) return refuse("a chunk must start with its size");
  if (byte == '\r') {
    state_ = State::kSizeLf;
  } else {
    state_ = State::kExtension;
    take_extension(byte, limits);
  }
}

void ChunkedDecoder::take_extension(unsigned char byte,
                                    const RequestLimits& limits) {
  if (byte == '\r' && extension_.may_end()) {
    state_ = State::kSizeLf;
  } else if (++extension_bytes_ > limits.chunk_extension_bytes) {
    refuse("the extensions of the chunks are too long");
  } else if (!extension_.take(byte)) {
    refuse("a chunk size must be followed by CR LF or by a valid extension");
  }
}

void ChunkedDecoder::expect(unsigned char byte, char wanted, State next,
                            const char* reason) {
  if (byte != static_cast<unsigned char>(wanted)) return refuse(reason);
  state_ = next;
}

size_t ChunkedDecoder::take_trailer(std::string_view input,
                                    const RequestLimits& limits) {
  RequestLimits trailer_limits = limits;
  trailer_limits.fields_bytes = limits.trailer_bytes;
  const size_t used = trailer_.scan(input, trailer_limits);
  if (trailer_.refused()) state_ = State::kRefused;
  if (trailer_.done()) state_ = State::kDone;
  return used;
}

void ChunkedDecoder::refuse(const char* reason) {
  reason_ = reason;
  state_ = State::kRefused;
}

}  // namespace rivulet::http

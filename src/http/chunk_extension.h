// The extensions after a chunk's size (RFC 9112 §7.1.1), byte by byte:
//
//   *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )
//
// Nobody wants them; they are read only to know for sure where they end. A
// reader that follows quotes and one that does not would find different ends
// in a quote that is left open, so that is refused.
#pragma once

#include <cstdint>

namespace rivulet::base {
class State;
}

namespace rivulet::http {

class ChunkExtension {
 public:
  // Takes one byte. False when the grammar has no such byte here.
  [[nodiscard]] bool take(unsigned char byte);

  // Whether the line may end here.
  [[nodiscard]] bool may_end() const {
    return state_ == State::kName || state_ == State::kValue ||
           state_ == State::kAfterQuoted;
  }

  // Into and out of the state of a server (base/state.h); in request_state.cpp.
  void carry(base::State& state);

 private:
  enum class State : uint8_t {
    kBefore,  // blanks that only a ';' may follow
    kBeforeName,
    kName,
    kAfterName,  // blanks that only a ';' or '=' may follow
    kBeforeValue,
    kValue,
    kQuoted,
    kQuotedPair,
    kAfterQuoted,
    kAfterValue,  // blanks that only a ';' may follow
  };

  bool enter(State state) {
    state_ = state;
    return true;
  }
  bool take_after_part(unsigned char byte, State blank);
  bool take_quoted(unsigned char byte);

  State state_ = State::kBefore;
};

}  // namespace rivulet::http

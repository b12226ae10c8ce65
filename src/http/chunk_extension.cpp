#include "http/chunk_extension.h"

#include "http/token.h"

namespace rivulet::http {
namespace {

bool is_blank(unsigned char byte) {
  return byte == ' ' || byte == '\t';
}

}  // namespace

bool ChunkExtension::take(unsigned char byte) {
  const bool token = is_token_character(byte);
  switch (state_) {
    case State::kBefore:
      return byte == ';' ? enter(State::kBeforeName) : is_blank(byte);
    case State::kBeforeName:
      return token ? enter(State::kName) : is_blank(byte);
    case State::kName:
      return token || take_after_part(byte, State::kAfterName);
    case State::kAfterName:
      return take_after_part(byte, State::kAfterName);
    case State::kBeforeValue:
      if (byte == '"') return enter(State::kQuoted);
      return token ? enter(State::kValue) : is_blank(byte);
    case State::kValue:
      return token ||
             (byte != '=' && take_after_part(byte, State::kAfterValue));
    case State::kQuoted:
    case State::kQuotedPair:
      return take_quoted(byte);
    case State::kAfterQuoted:
    case State::kAfterValue:
      return byte != '=' && take_after_part(byte, State::kAfterValue);
  }
  return false;
}

// What may follow a name or a value: blanks, the next extension, a value.
bool ChunkExtension::take_after_part(unsigned char byte, State blank) {
  if (byte == ';') return enter(State::kBeforeName);
  if (byte == '=') return enter(State::kBeforeValue);
  return is_blank(byte) && enter(blank);
}

bool ChunkExtension::take_quoted(unsigned char byte) {
  const bool control = (byte < ' ' && byte != '\t') || byte == 0x7F;
  if (control) return false;
  if (state_ == State::kQuotedPair) return enter(State::kQuoted);
  if (byte == '"') return enter(State::kAfterQuoted);
  return byte != '\\' || enter(State::kQuotedPair);
}

}  // namespace rivulet::http

#include "base/state.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "base/siphash.h"

namespace rivulet::base {
namespace {

constexpr std::string_view kMagic = "RIVULET\n";
constexpr size_t kWord = 8;
constexpr size_t kHeader = 4 * kWord;

// Little-endian, as siphash.cpp asserts of the machine.
void append_word(std::string& out, uint64_t word) {
  out.append(reinterpret_cast<const char*>(&word), sizeof word);
}

uint64_t word_at(std::string_view bytes, size_t place) {
  uint64_t word = 0;
  std::memcpy(&word, bytes.data() + place * kWord, sizeof word);
  return word;
}

// Against accidents: whoever can change the state of a process needs no bug.
uint64_t checksum(uint64_t version, std::string_view body) {
  return siphash({0x72697675'6c657421U, version}, body);
}

}  // namespace

State::State() : loading_(false), file_(kHeader, '\0') {}

State::State(std::string_view file) : loading_(true) {
  if (file.size() < kHeader || !file.starts_with(kMagic)) {
    throw StateError("this is no state of a server");
  }
  version_ = word_at(file, 1);
  body_ = file.substr(kHeader);
  if (version_ < kOldest || version_ > kVersion) {
    throw StateError(
        fmt::format("the state is of format version {}, and this program reads "
                    "{} to {}",
                    version_, kOldest, kVersion));
  }
  if (word_at(file, 2) != body_.size()) {
    throw StateError("the state is not whole");
  }
  if (word_at(file, 3) != checksum(version_, body_)) {
    throw StateError("the state is damaged: its checksum is another");
  }
}

std::string_view State::take(size_t size) {
  require(size <= body_.size(), "the state ends too early");
  const std::string_view taken = body_.substr(0, size);
  body_.remove_prefix(size);
  return taken;
}

void State::carry_word(uint64_t& word) {
  if (loading_) {
    word = word_at(take(kWord), 0);
  } else {
    append_word(file_, word);
  }
}

void State::flag(bool& value) {
  uint64_t word = value ? 1 : 0;
  carry_word(word);
  require(word <= 1, "a flag is neither set nor unset");
  value = word == 1;
}

void State::text(std::string& value) {
  const size_t size = count(value.size(), 1);
  if (loading_) {
    value = take(size);
  } else {
    file_ += value;
  }
}

void State::time(Time& value) {
  auto word = static_cast<uint64_t>(value.time_since_epoch().count());
  carry_word(word);
  // Far beyond the age of any machine, and far from where sums overflow.
  constexpr uint64_t kLatest = uint64_t{1} << 50U;
  require(word <= kLatest, "a time lies too far away");
  value = Time(Duration(static_cast<Duration::rep>(word)));
}

size_t State::count(size_t now, size_t least) {
  assert(least > 0);
  uint64_t word = now;
  carry_word(word);
  require(!loading_ || word <= body_.size() / least,
          "there are more things than there is room for");
  return static_cast<size_t>(word);
}

uint64_t State::checksum_of(std::string_view file) {
  assert(file.size() >= kHeader);
  return word_at(file, 3);
}

std::string State::take_file() {
  assert(!loading_);
  const std::string_view body = std::string_view(file_).substr(kHeader);
  std::string header(kMagic);
  append_word(header, kVersion);
  append_word(header, body.size());
  append_word(header, checksum(kVersion, body));
  file_.replace(0, kHeader, header);
  return std::exchange(file_, {});
}

}  // namespace rivulet::base

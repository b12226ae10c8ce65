// What a running program knows, as bytes: written by one binary and read by the
// one that takes its place (server/upgrade.h). Elsewhere such a thing is called
// an archive, and what is carry() here, serialize().
//
//   "RIVULET\n" | version | length | checksum | body       8 bytes each, then
//                                                          what carry() names
//
// One function carries an object in both directions: what stands in it is
// written while saving and replaced while loading. So the two cannot differ.
//
//   void Thing::carry(base::State& state) {
//     state.number(count_);
//     state.text(name_);
//   }
//
// A newer version adds fields: `if (state.version() >= 2) state.number(more_)`.
// A State reads its own version and the one before, so that nobody has to
// upgrade through each. What is read may be anything: it is taken only when
// the checksum holds, nothing is read past the end, and who carries something
// requires what it relies on. Numbers take 8 bytes, least first.
#pragma once

#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace rivulet::base {

// What is read cannot be carried on: says why.
class StateError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class State {
 public:
  // Before version 1 there was none.
  static constexpr uint64_t kVersion = 1;
  static constexpr uint64_t kOldest = 1;

  // To save into. Everything may throw std::bad_alloc.
  State();
  // To load from: views `file`, which take_file() has written. Throws
  // StateError unless it is whole and of a version that is known.
  explicit State(std::string_view file);

  [[nodiscard]] bool loading() const { return loading_; }
  // Of what is loaded, for the first field that is added; kVersion while
  // saving.
  [[nodiscard]] uint64_t version() const { return version_; }

  // Carry one value. While loading, all of them throw StateError.
  template <std::unsigned_integral T>
  void number(T& value) {
    uint64_t word = value;
    carry_word(word);
    require(word <= std::numeric_limits<T>::max(), "a number is too large");
    value = static_cast<T>(word);
  }
  void flag(bool& value);
  void text(std::string& value);
  void time(Time& value);
  // One of an enumeration whose last is `last`.
  template <typename Choice>
  void choice(Choice& value, Choice last) {
    auto word = static_cast<uint64_t>(value);
    carry_word(word);
    require(word <= static_cast<uint64_t>(last), "a choice is unknown");
    value = static_cast<Choice>(word);
  }

  // How many things follow: `now` while saving. Each takes `least` bytes or
  // more, so a number that is made up cannot ask for more than is there.
  [[nodiscard]] size_t count(size_t now, size_t least);

  // What must hold of what has been loaded; a bug, should it not while saving.
  void require(bool holds, const char* what) const {
    assert(holds || loading_);
    if (!holds) throw StateError(what);
  }

  // While loading: that nothing is left.
  void end() const { require(body_.empty(), "more follows than is known"); }

  // What tells a file from others, of those that take_file() has written.
  [[nodiscard]] static uint64_t checksum_of(std::string_view file);

  // While saving: all of it, header and checksum too. Nothing is left then.
  [[nodiscard]] std::string take_file();

 private:
  void carry_word(uint64_t& word);
  [[nodiscard]] std::string_view take(size_t size);

  bool loading_;
  uint64_t version_ = kVersion;
  std::string file_;       // while saving
  std::string_view body_;  // while loading: what is left
};

}  // namespace rivulet::base

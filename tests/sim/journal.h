// What happened in one run: a digest of all of it, so that two runs can be
// compared, a readable trace when one is wanted, and the first violation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace rivulet::sim {

class Journal {
 public:
  static constexpr int kNobody = -1;

  explicit Journal(bool traced) : traced_(traced) {}

  void set_time(base::Time now) { now_ = now; }

  // `what` happened to connection `who`, with a number or some bytes.
  void note(std::string_view what, int who = kNobody, uint64_t number = 0);
  void note_bytes(std::string_view what, int who, std::string_view bytes);

  // Something that must not be. Only the first counts: others follow from it.
  void violate(int who, std::string_view what);

  [[nodiscard]] bool violated() const { return !violation_.empty(); }
  [[nodiscard]] const std::string& violation() const { return violation_; }
  [[nodiscard]] uint64_t digest() const { return digest_; }

 private:
  void mix(uint64_t word);

  bool traced_;
  base::Time now_{};
  uint64_t digest_ = 0xCBF29CE484222325U;
  std::string violation_;
};

}  // namespace rivulet::sim

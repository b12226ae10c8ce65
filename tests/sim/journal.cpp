#include "journal.h"

#include <fmt/format.h>

#include <cstdio>
#include <functional>

namespace rivulet::sim {
namespace {

// Some of `bytes` on one line, whatever they are.
std::string printable(std::string_view bytes) {
  constexpr size_t kShown = 160;
  std::string text;
  for (const char c : bytes.substr(0, kShown)) {
    if (c == '\n') {
      text += "\\n";
    } else if (c == '\r') {
      text += "\\r";
    } else if (c < ' ' || c == 0x7F) {
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      text += c;
    }
  }
  if (bytes.size() > kShown) text += "...";
  return text;
}

std::string name_of(int who) {
  return who == Journal::kNobody ? "-" : fmt::format("#{}", who);
}

}  // namespace

void Journal::note(std::string_view what, int who, uint64_t number) {
  mix(std::hash<std::string_view>()(what));
  mix((static_cast<uint64_t>(who) << 32U) ^ number);
  if (!traced_) return;
  fmt::print("{:>9} ms  {:>5}  {} {}\n", now_.time_since_epoch().count(),
             name_of(who), what, number);
}

void Journal::note_bytes(std::string_view what, int who,
                         std::string_view bytes) {
  mix(std::hash<std::string_view>()(what));
  mix(std::hash<std::string_view>()(bytes) ^ static_cast<uint64_t>(who));
  if (!traced_) return;
  fmt::print("{:>9} ms  {:>5}  {} {}: {}\n", now_.time_since_epoch().count(),
             name_of(who), what, bytes.size(), printable(bytes));
}

void Journal::violate(int who, std::string_view what) {
  if (violated()) return;
  violation_ = fmt::format("at {} ms, connection {}: {}",
                           now_.time_since_epoch().count(), name_of(who), what);
  if (traced_) fmt::print("VIOLATION {}\n", violation_);
}

void Journal::mix(uint64_t word) {
  constexpr uint64_t kPrime = 0x9FB21C651E98DF25U;
  digest_ ^= word + static_cast<uint64_t>(now_.time_since_epoch().count());
  digest_ *= kPrime;
  digest_ ^= digest_ >> 29U;
}

}  // namespace rivulet::sim

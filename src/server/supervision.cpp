#include "server/supervision.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstddef>

namespace rivulet::server {
namespace {

constexpr size_t kMostOfALine = 64;

}  // namespace

void Supervision::ready(base::Time now) {
  manager_.tell("READY=1");
  if (manager_.watchdog()) next_ = now;
  run_due(now);
}

void Supervision::reloading(base::FineTime now) {
  const auto since_boot =
      std::chrono::floor<std::chrono::microseconds>(now.time_since_epoch());
  std::array<char, kMostOfALine> text{};  // nothing that may be out of memory
  const auto end =
      fmt::format_to_n(text.data(), text.size(),
                       "RELOADING=1\nMONOTONIC_USEC={}", since_boot.count())
          .out;
  manager_.tell({text.data(), end});
}

void Supervision::reloaded() {
  manager_.tell("READY=1");
}

void Supervision::stopping() {
  manager_.tell("STOPPING=1");
}

// The next time is twice as soon as it has to be, as sd_watchdog_enabled(3)
// advises.
void Supervision::feed(base::Time now) {
  if (!next_) return;
  manager_.tell("WATCHDOG=1");
  next_ = now + *manager_.watchdog() / 2;
}

void Supervision::run_due(base::Time now) {
  if (next_ && now >= *next_) feed(now);
}

}  // namespace rivulet::server

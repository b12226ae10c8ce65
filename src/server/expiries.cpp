#include "server/expiries.h"

#include <algorithm>
#include <cassert>
#include <new>

#include "server/stream.h"

namespace rivulet::server {
namespace {

// Streams that are ended in one turn.
constexpr int kShareOfATurn = 1024;

// A clock that is set forward while the loop sleeps is noticed after so long.
constexpr std::chrono::seconds kLongestSleep{60};

}  // namespace

void Expiries::arm(Stream& stream, const os::Socket& socket,
                   base::WallSeconds when) {
  assert(socket.valid());
  heap_.insert(static_cast<size_t>(socket.fd()), when, &stream);
}

void Expiries::disarm(const os::Socket& socket) {
  if (heap_.empty()) return;
  assert(socket.valid());
  heap_.erase(static_cast<size_t>(socket.fd()));
}

void Expiries::run_due(base::WallSeconds wall) {
  for (int n = 0; n < kShareOfATurn; ++n) {
    if (heap_.empty() || wall < heap_.least()) return;
    Stream* const stream = heap_.pop_least();
    try {
      stream->on_expired();
    } catch (const std::bad_alloc&) {
      stream->on_no_memory();
    }
  }
}

std::optional<base::Time> Expiries::next(base::Time now,
                                         base::WallSeconds wall) const {
  if (heap_.empty()) return std::nullopt;
  return now + std::clamp(heap_.least() - wall, std::chrono::seconds(0),
                          kLongestSleep);
}

}  // namespace rivulet::server

// When streams that were opened with a token (subscribe_tokens.h) end, because
// it has expired.
//
// Each token says its own time, and says it by the clock on the wall. So these
// do not wait in a list of deadlines.h but in a heap, and are compared with
// that clock, which may be set forward or back meanwhile: what it shows then
// counts, for other servers go by it too. A stream without a token is not in
// here, and when none has one the clock is not even looked at.
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/numbered_heap.h"
#include "os/socket.h"

namespace rivulet::server {

class Stream;

class Expiries {
 public:
  // Ends `stream`, which has `socket`, when the clock shows `when`. Without
  // memory, std::bad_alloc, and it is not armed.
  void arm(Stream& stream, const os::Socket& socket, base::WallSeconds when);

  // When it is to end; nothing when it is not in here.
  [[nodiscard]] std::optional<base::WallSeconds> when(
      const os::Socket& socket) const {
    return heap_.key_of(static_cast<size_t>(socket.fd()));
  }

  // The stream of that socket has ended, if it was in here at all.
  void disarm(const os::Socket& socket);

  [[nodiscard]] bool nobody_waits() const { return heap_.empty(); }

  // Ends those whose time has come, a bounded number of them.
  void run_due(base::WallSeconds wall);

  // When to look again; nothing while nobody waits. `now` and `wall` are the
  // same moment, of which `wall` is without its fraction: so a stream ends up
  // to a second late.
  [[nodiscard]] std::optional<base::Time> next(base::Time now,
                                               base::WallSeconds wall) const;

 private:
  base::NumberedHeap<base::WallSeconds, Stream*> heap_;  // by descriptor
};

}  // namespace rivulet::server

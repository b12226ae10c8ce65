// The end of the server's life: every stream is told to come back a little
// later and ended cleanly, spread over time, so that the crowd does not arrive
// at the next server in one instant.
//
//   streams left  100 % ──╮
//                          ╰──╮
//                              ╰──╮                   what is left then is cut
//                     0 %          ╰────────────┤
//                  SIGTERM       spread       drain-timeout
#pragma once

#include <cstddef>
#include <optional>

#include "base/clock.h"
#include "server/context.h"

namespace rivulet::server {

class Drain {
 public:
  explicit Drain(Context& context) : context_(context) {}

  // Begins: from here on streams are ended in run_due(). Connections between
  // or within requests are closed at once, those that wait for Redis once it
  // has answered.
  void start();

  // Ends the streams whose time has come; does nothing before start().
  void run_due();

  // When to call run_due() again, or to give up; nothing before start().
  [[nodiscard]] std::optional<base::Time> next() const;

  [[nodiscard]] bool time_is_up() const;

 private:
  Context& context_;
  base::Time started_{};
  base::Duration spread_{};
  size_t streams_ = 0;  // at the start
  size_t ended_ = 0;
};

}  // namespace rivulet::server

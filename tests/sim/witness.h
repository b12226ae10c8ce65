// Who stands outside the simulated kernel: what happens in the world while the
// server sleeps, and who watches what the server does.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "link.h"

namespace rivulet::sim {

class Witness {
 public:
  virtual ~Witness() = default;

  // When the next client does something, and have it done.
  [[nodiscard]] virtual std::optional<base::Time> next_event() const = 0;
  virtual void act() = 0;

  // The server waits for something to happen; `work_left`: it only looks, and
  // has unfinished work to go on with.
  virtual void before_sleep(bool work_left) = 0;
  // The server has been given no memory.
  virtual void on_no_memory() = 0;
  // The server has taken a SIGTERM.
  virtual void on_signal() = 0;
  virtual void on_accept(Link& link) = 0;
  // The server has been given these bytes, the end, or an error.
  virtual void on_read(Link& link, std::string_view bytes) = 0;
  virtual void on_peer_end(Link& link) = 0;
  virtual void on_broken(Link& link) = 0;
  // The server's socket has taken these bytes (none: it was full), its FIN, or
  // its last breath.
  virtual void on_write(Link& link, std::string_view bytes) = 0;
  virtual void on_shutdown(Link& link) = 0;
  virtual void on_close(Link& link) = 0;
};

}  // namespace rivulet::sim

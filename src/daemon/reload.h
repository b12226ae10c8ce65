// SIGHUP: reads the configuration again while the server runs.
//
// Flags and environment are those of the start; the file that they name, and
// the files with tokens, are read as they are now. All of it has to be as right
// as at start, or nothing changes. Options that are fixed at start
// (option_table.h) keep their values, and the log has a line for each that was
// to change.
//
// The files are read in the server's one thread, between two turns of its loop:
// they are small regular files, and a pipe is refused in place of waited for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "daemon/option_table.h"
#include "daemon/options.h"
#include "server/server.h"
#include "server/settings.h"

namespace rivulet::daemon {

// The names of options that have another value, in the table's order.
struct Difference {
  std::vector<std::string_view> changed;
  std::vector<std::string_view> fixed;  // at start: so they keep theirs
};
[[nodiscard]] Difference difference(const Sources& running,
                                    const Sources& fresh);

// Where `max-streams` says nothing: as many as there are descriptors for. At
// start, too.
void limit_streams(server::Settings& settings, uint64_t descriptors);

class Reloader {
 public:
  // `arguments` and `environment` are those that `running` was read from. `log`
  // changes as the options do, and outlives it.
  Reloader(std::vector<std::string> arguments, Environment environment,
           Sources running, uint64_t descriptors, base::Log& log);

  // When `server` pauses for it. It goes on serving, whatever is wrong.
  void reload(server::Server& server) noexcept;

 private:
  void take(Options fresh, server::Server& server);

  std::vector<std::string> arguments_;
  Environment environment_;
  Sources running_;
  uint64_t descriptors_;
  base::Log& log_;
};

}  // namespace rivulet::daemon

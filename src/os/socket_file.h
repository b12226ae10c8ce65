// The file of a unix socket that listens: how it comes to be, who may use it,
// and its end. Owned by a Listener; an upgrade hands it over
// (server/listeners.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "os/address.h"

namespace rivulet::base {
class State;
}

namespace rivulet::os {

class SocketFile {
 public:
  // There is none.
  SocketFile() = default;
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;
  // Removes the file, unless another has taken its place meanwhile.
  ~SocketFile();

  // Has `socket` listen on `address`, which is that of `path`. The file has
  // `mode` from its first moment; unless set, as the umask has it. A socket
  // file that is there already and that nobody answers on is left over from a
  // crash: it is replaced, by one of those that try at the same time. One that
  // answers belongs to a running server: then, too, it is false, with
  // EADDRINUSE. False, with errno, when the kernel refuses.
  [[nodiscard]] bool listen(int socket, const Address& address,
                            std::string_view path, std::optional<unsigned> mode,
                            int backlog);

  // Into and out of the state of a server (base/state.h). One that was loaded
  // belongs to the process that saved it, until that is no more: take().
  void carry(base::State& state);
  void take() { ours_ = true; }

 private:
  std::string path_;  // empty for none
  bool ours_ = true;
  uint64_t device_ = 0;
  uint64_t inode_ = 0;
};

}  // namespace rivulet::os

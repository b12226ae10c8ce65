// Where the server listens: opens what the settings name and what a service
// manager has handed over, all or nothing, and closes it.
//
// A socket that was handed over under the name "admin" is an admin listener.
// Those handed over take the place of the addresses that the settings have for
// their kind: so a socket unit holds the public port while `admin-listen` says
// where the rest is.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/state.h"
#include "os/inherited.h"
#include "os/service_manager.h"
#include "server/acceptor.h"
#include "server/context.h"
#include "server/listener_kind.h"

namespace rivulet::server {

class Listeners {
 public:
  explicit Listeners(Context& context) : context_(context) {}

  // Throws as os::Listener does; what was opened before goes with the context.
  void open(std::vector<os::InheritedSocket> inherited);

  // Into and out of the state of a server (upgrade.h), in place of open(). The
  // files of unix sockets that were loaded are others' until take_files().
  void carry(base::State& state, os::InheritedDescriptors* descriptors);
  void take_files();

  // Says once more where strangers may publish.
  void warn_when_open() const;

  // Accepts nothing more, anywhere. Files of unix sockets are gone with it.
  void close();

 private:
  using Addresses = std::vector<std::string>;

  void open_addresses(const Addresses& addresses, ListenerKind kind);
  void open_inherited(os::UniqueFd socket, ListenerKind kind);
  void add(std::unique_ptr<Acceptor> acceptor);

  Context& context_;
  std::vector<Acceptor*> acceptors_;  // the reactor's; while they listen
};

}  // namespace rivulet::server

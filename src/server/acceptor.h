// Takes new connections from one listening socket, a bounded number a turn.
//
// When descriptors run out, accept(2) fails and leaves the connection waiting,
// and a level-triggered loop would spin on it. So one descriptor is held in
// reserve: it is given up to take the connection and close it at once, and
// then taken back. The client sees an end instead of a hang, and those that
// are being served notice nothing. When even that fails (the whole machine has
// none left), accepting pauses for a moment. So it does when every accept of a
// turn fails for another reason: a sandbox's EPERM leaves the connection
// waiting and comes back for ever.
#pragma once

#include <string_view>

#include "base/deadline_list.h"
#include "os/listener.h"
#include "os/reactor.h"
#include "server/context.h"
#include "server/listener_kind.h"

namespace rivulet::server {

class Acceptor final : public os::EventHandler, public base::Deadline {
 public:
  // Listens on `address`; throws as os::Listener does.
  Acceptor(Context& context, ListenerKind kind, std::string_view address,
           const os::ListenerOptions& options = {});
  // Takes connections from a socket that listens already.
  Acceptor(Context& context, ListenerKind kind, os::UniqueFd inherited);

  [[nodiscard]] int fd() const { return listener_.fd(); }

  [[nodiscard]] ListenerKind kind() const { return kind_; }
  [[nodiscard]] os::SocketFile& file() { return listener_.file(); }

  // Says where it listens and for what, and warns when strangers could publish
  // there.
  void announce() const;
  void warn_when_open() const;

  void on_readable() override;
  void on_writable() override {}
  void on_flush() override {}
  void on_no_memory() override { pause(); }
  // The pause is over.
  void on_deadline();

 private:
  // A crowd that connects at once does not keep the streams waiting.
  static constexpr int kAcceptsPerTurn = 64;

  void admit(os::AcceptResult accepted);
  [[nodiscard]] bool turn_away_one();
  void pause();
  void pause_failing();
  void refuse(ConnectionRefusal refusal);

  Context& context_;
  const ListenerKind kind_;
  os::Listener listener_;
  os::UniqueFd reserve_;
};

}  // namespace rivulet::server

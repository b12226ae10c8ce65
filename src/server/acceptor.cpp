#include "server/acceptor.h"

#include <memory>
#include <utility>

#include "os/process.h"
#include "server/connection.h"

namespace rivulet::server {

Acceptor::Acceptor(Context& context, ListenerKind kind,
                   std::string_view address, const os::ListenerOptions& options)
    : context_(context),
      kind_(kind),
      listener_(address, options),
      reserve_(os::open_placeholder()) {}

Acceptor::Acceptor(Context& context, ListenerKind kind, os::UniqueFd inherited)
    : context_(context),
      kind_(kind),
      listener_(std::move(inherited)),
      reserve_(os::open_placeholder()) {}

void Acceptor::announce() const {
  const std::string& address = listener_.address();
  if (kind_ == ListenerKind::kOnly) {
    context_.log.info("listening", {{"address", address}});
  } else {
    const bool admin = kind_ == ListenerKind::kAdmin;
    context_.log.info("listening", {{"address", address},
                                    {"routes", admin ? "admin" : "public"}});
  }
  warn_when_open();
}

void Acceptor::warn_when_open() const {
  if (kind_ == ListenerKind::kPublic || listener_.local() ||
      context_.publish_tokens.required()) {
    return;
  }
  context_.log.warning("open-to-publishers",
                       {{"address", listener_.address()},
                        {"reason", "whoever reaches this port may publish"},
                        {"advice",
                         "set publish-token-file, or admin-listen to an "
                         "address of this machine, or listen on 127.0.0.1 "
                         "behind a proxy that closes /publish, /clients and "
                         "/metrics"}});
}

void Acceptor::on_readable() {
  int failures = 0;
  for (int n = 0; n < kAcceptsPerTurn; ++n) {
    os::AcceptResult result = listener_.accept();
    switch (result.status) {
      case os::AcceptStatus::kAccepted:
        admit(std::move(result));
        break;
      case os::AcceptStatus::kNoneWaiting:
        return;
      case os::AcceptStatus::kNoDescriptors:
        if (turn_away_one()) break;
        return pause();
      case os::AcceptStatus::kTryAgain:
        ++failures;
        break;
    }
  }
  if (failures == kAcceptsPerTurn) pause_failing();
}

void Acceptor::admit(os::AcceptResult accepted) {
  const int fd = accepted.socket.fd();
  auto connection = std::make_unique<Connection>(
      context_, std::move(accepted.socket), accepted.peer, kind_);
  Connection& admitted = *connection;
  if (context_.reactor.watch(fd, std::move(connection))) {
    ++context_.metrics.connections_accepted;
    admitted.start();
  } else {
    refuse(ConnectionRefusal::kMemory);
  }
}

bool Acceptor::turn_away_one() {
  refuse(ConnectionRefusal::kDescriptors);
  reserve_.reset();
  const bool turned_away =
      listener_.accept().status == os::AcceptStatus::kAccepted;
  reserve_ = os::open_placeholder();
  return turned_away;
}

void Acceptor::pause_failing() {
  refuse(ConnectionRefusal::kKernel);
  pause();
}

void Acceptor::pause() {
  context_.reactor.set_interest(*this, os::Interest::kNone);
  context_.deadlines.accept_pause.arm(*this, context_.reactor.now());
}

void Acceptor::on_deadline() {
  context_.reactor.set_interest(*this, os::Interest::kRead);
}

void Acceptor::refuse(ConnectionRefusal refusal) {
  ++context_.metrics.connections_refused[static_cast<size_t>(refusal)];
  const base::Time now = context_.reactor.now();
  if (const auto count = context_.connections_refused.count(now)) {
    context_.log.warning("connection-refused",
                         {{"reason", to_string(refusal)}, {"times", *count}});
  }
}

}  // namespace rivulet::server

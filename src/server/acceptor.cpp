#include "server/acceptor.h"

#include <memory>
#include <utility>

#include "os/process.h"
#include "server/connection.h"

namespace rivulet::server {

Acceptor::Acceptor(Context& context, std::string_view address)
    : context_(context), listener_(address), reserve_(os::open_placeholder()) {}

Acceptor::Acceptor(Context& context, os::UniqueFd inherited)
    : context_(context),
      listener_(std::move(inherited)),
      reserve_(os::open_placeholder()) {}

void Acceptor::announce() const {
  context_.log.info("listening", {{"address", listener_.address()}});
  warn_when_open();
}

void Acceptor::warn_when_open() const {
  if (listener_.local() || context_.publish_tokens.required()) return;
  context_.log.warning("open-to-publishers",
                       {{"address", listener_.address()},
                        {"reason", "whoever reaches this port may publish"},
                        {"advice",
                         "set publish-token-file, or listen on 127.0.0.1 "
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
      context_, std::move(accepted.socket), accepted.peer);
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
  if (const auto count = context_.refusals.count(context_.reactor.now())) {
    context_.log.warning("connection-refused",
                         {{"reason", to_string(refusal)}, {"times", *count}});
  }
}

}  // namespace rivulet::server

#include "server/acceptor.h"

#include <memory>
#include <utility>

#include "os/process.h"
#include "server/connection.h"

namespace rivulet::server {

Acceptor::Acceptor(Context& context, std::string_view address)
    : context_(context), listener_(address), reserve_(os::open_placeholder()) {}

void Acceptor::announce() const {
  context_.log.info("listening", {{"address", listener_.address()}});
  if (listener_.local()) return;
  context_.log.warning("open-to-publishers",
                       {{"address", listener_.address()},
                        {"reason", "whoever reaches this port may publish"},
                        {"advice",
                         "listen on 127.0.0.1 behind a proxy that "
                         "closes /publish and /clients"}});
}

void Acceptor::on_readable() {
  for (int n = 0; n < kAcceptsPerTurn; ++n) {
    os::AcceptResult result = listener_.accept();
    switch (result.status) {
      case os::AcceptStatus::kAccepted:
        admit(std::move(result.socket));
        break;
      case os::AcceptStatus::kNoneWaiting:
        return;
      case os::AcceptStatus::kNoDescriptors:
        turn_away_one();
        return;
      case os::AcceptStatus::kTryAgain:
        break;
    }
  }
}

void Acceptor::admit(os::Socket socket) {
  const int fd = socket.fd();
  auto connection = std::make_unique<Connection>(context_, std::move(socket));
  Connection& admitted = *connection;
  if (!context_.reactor.watch(fd, std::move(connection))) {
    context_.log.warning("connection-refused",
                         {{"reason", "no memory to watch it"}});
    return;
  }
  admitted.start();
}

void Acceptor::turn_away_one() {
  context_.log.warning("connection-refused",
                       {{"reason", "no descriptor left"}});
  reserve_.reset();
  { const os::AcceptResult turned_away = listener_.accept(); }
  reserve_ = os::open_placeholder();
}

}  // namespace rivulet::server

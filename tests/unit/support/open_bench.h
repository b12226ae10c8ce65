// A server bench that listens, and whose clients come in by the front door.
#pragma once

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "os/address.h"
#include "server/acceptor.h"
#include "server_bench.h"

namespace rivulet::test {

struct OpenBench : ServerBench {
  using ServerBench::ServerBench;

  // A TCP connection that waits to be accepted.
  [[nodiscard]] os::UniqueFd connect() const {
    os::Address address;
    REQUIRE(::getsockname(acceptor.fd(), address.raw(), &address.size) == 0);
    os::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(fd.get(), address.raw(), address.size) == 0);
    return fd;
  }

  // Asks whether the server lives; works until there is an answer, which is
  // empty when the connection ends without one.
  std::string probe(const os::UniqueFd& client) {
    constexpr std::string_view kProbe =
        "GET /livez HTTP/1.1\r\nHost: h\r\n\r\n";
    ::send(client.get(), kProbe.data(), kProbe.size(), MSG_NOSIGNAL);
    std::array<char, 1024> buffer;
    for (;;) {
      work();
      const ssize_t size =
          ::recv(client.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (size >= 0) return {buffer.data(), static_cast<size_t>(size)};
      if (errno != EAGAIN) return "";
    }
  }

  void stop_listening() {
    context.reactor.retire(acceptor);
    work();
  }

  server::Acceptor& acceptor = listen();

 private:
  server::Acceptor& listen() {
    auto owned = std::make_unique<server::Acceptor>(
        context, server::ListenerKind::kOnly, "127.0.0.1:0");
    server::Acceptor& made = *owned;
    const int fd = made.fd();
    REQUIRE(context.reactor.watch(fd, std::move(owned)));
    return made;
  }
};

}  // namespace rivulet::test

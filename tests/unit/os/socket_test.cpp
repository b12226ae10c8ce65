// Tests os/socket.h (reads, gathered writes, ends) and os/unique_fd.h.
#include "os/socket.h"

#include <doctest/doctest.h>
#include <netinet/in.h>

#include <array>
#include <numeric>
#include <vector>

#include "../support/out_of_memory.h"
#include "../support/socket_pair.h"
#include "os/address.h"

namespace rivulet::os {
namespace {

using test::SocketPair;

ConstBuffer piece(std::string_view text) {
  return {text.data(), text.size()};
}

IoResult write(const Socket& socket, std::string_view text) {
  const ConstBuffer one = piece(text);
  return socket.write({&one, 1});
}

// A connected TCP pair, for what only TCP does: resets, and addresses.
struct TcpPair {
  explicit TcpPair(std::string_view peer_address = "127.0.0.1:0") {
    const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    Address address = parse_address("127.0.0.1:0");
    REQUIRE(::bind(listener.get(), address.raw(), address.size) == 0);
    REQUIRE(::listen(listener.get(), 1) == 0);
    REQUIRE(::getsockname(listener.get(), address.raw(), &address.size) == 0);
    peer.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const Address from = parse_address(peer_address);
    REQUIRE(::bind(peer.get(), from.raw(), from.size) == 0);
    REQUIRE(::connect(peer.get(), address.raw(), address.size) == 0);
    ours.reset(::accept4(listener.get(), nullptr, nullptr,
                         SOCK_NONBLOCK | SOCK_CLOEXEC));
    REQUIRE(ours.valid());
  }

  // Makes closing `peer` send a reset.
  void reset_by_peer() {
    const linger abort{1, 0};
    REQUIRE(::setsockopt(peer.get(), SOL_SOCKET, SO_LINGER, &abort,
                         sizeof(abort)) == 0);
    peer.reset();
  }

  UniqueFd ours;
  UniqueFd peer;
};

TEST_CASE("a descriptor is closed at the end of its owner's life, once") {
  SocketPair pair;
  const int fd = pair.ours.get();
  {
    UniqueFd owner = std::move(pair.ours);
    CHECK_FALSE(pair.ours.valid());
    CHECK(owner.get() == fd);
    UniqueFd next;
    next = std::move(owner);
    CHECK_FALSE(owner.valid());
    CHECK(test::is_open(fd));
    UniqueFd& same = next;
    next = std::move(same);
    CHECK(next.get() == fd);
    CHECK(test::is_open(fd));
  }
  CHECK_FALSE(test::is_open(fd));
}

TEST_CASE("taking another descriptor closes the first") {
  SocketPair pair;
  const int first = pair.ours.get();
  pair.ours.reset(::dup(pair.peer.get()));
  CHECK_FALSE(test::is_open(first));
  pair.ours.reset();
  CHECK_FALSE(pair.ours.valid());
}

TEST_CASE("a socket is valid while it has a descriptor") {
  CHECK_FALSE(Socket().valid());
  SocketPair pair;
  const int fd = pair.ours.get();
  const Socket socket(std::move(pair.ours));
  CHECK(socket.valid());
  CHECK(socket.fd() == fd);
}

TEST_CASE("reading gives what has come, at most what fits") {
  SocketPair pair;
  const Socket socket(std::move(pair.ours));
  std::array<char, 4> buffer{};
  CHECK(socket.read(buffer).status == IoStatus::kNotReady);
  test::send_all(pair.peer.get(), "abcdef");
  IoResult result = socket.read(buffer);
  CHECK(result.status == IoStatus::kDone);
  CHECK(std::string_view(buffer.data(), result.size) == "abcd");
  result = socket.read(buffer);
  CHECK(result.status == IoStatus::kDone);
  CHECK(std::string_view(buffer.data(), result.size) == "ef");
  CHECK(socket.read(buffer).status == IoStatus::kNotReady);
}

TEST_CASE("a peer that has shut down is an end, and may still be written to") {
  SocketPair pair;
  const Socket socket(std::move(pair.ours));
  test::send_all(pair.peer.get(), "x");
  REQUIRE(::shutdown(pair.peer.get(), SHUT_WR) == 0);
  std::array<char, 4> buffer{};
  CHECK(socket.read(buffer).status == IoStatus::kDone);
  CHECK(socket.read(buffer).status == IoStatus::kEnd);
  CHECK(socket.read(buffer).status == IoStatus::kEnd);
  CHECK(write(socket, "bye").status == IoStatus::kDone);
  CHECK(test::receive(pair.peer.get()) == "bye");
}

TEST_CASE("pieces leave in their order, by one write") {
  SocketPair pair;
  const Socket socket(std::move(pair.ours));
  const std::array pieces{piece("one,"), piece(""), piece("two,"),
                          piece("three")};
  const IoResult result = socket.write(pieces);
  CHECK(result.status == IoStatus::kDone);
  CHECK(result.size == 13);
  CHECK(test::receive(pair.peer.get()) == "one,two,three");
}

TEST_CASE("the most pieces that a write may have all leave") {
  SocketPair pair;
  const Socket socket(std::move(pair.ours));
  const std::vector<ConstBuffer> pieces(Socket::kMaxPieces, piece("ab"));
  CHECK(socket.write(pieces).size == 2 * Socket::kMaxPieces);
  CHECK(test::receive(pair.peer.get()).size() == 2 * Socket::kMaxPieces);
}

TEST_CASE("a full socket takes a part and then nothing") {
  SocketPair pair;
  const Socket socket(std::move(pair.ours));
  const std::string much(size_t{4} << 20, 'x');
  const IoResult first = write(socket, much);
  CHECK(first.status == IoStatus::kDone);
  CHECK(first.size < much.size());
  test::fill(socket.fd());
  const IoResult second = write(socket, much);
  CHECK(second.status == IoStatus::kNotReady);
  CHECK(second.size == 0);
}

TEST_CASE("writing to a closed peer is broken, and no signal ends us") {
  SocketPair pair;
  const Socket socket(std::move(pair.ours));
  pair.peer.reset();
  CHECK(write(socket, "x").status == IoStatus::kBroken);
  CHECK(write(socket, "x").status == IoStatus::kBroken);
}

TEST_CASE("a reset breaks reading") {
  TcpPair pair;
  const Socket socket(std::move(pair.ours));
  test::send_all(pair.peer.get(), "lost");
  pair.reset_by_peer();
  std::array<char, 8> buffer{};
  IoResult result = socket.read(buffer);
  while (result.status == IoStatus::kDone) result = socket.read(buffer);
  CHECK(result.status == IoStatus::kBroken);
}

TEST_CASE("shutting down tells the peer and leaves reading open") {
  SocketPair pair;
  const Socket socket(std::move(pair.ours));
  CHECK(write(socket, "last").status == IoStatus::kDone);
  socket.shutdown_write();
  bool ended = false;
  CHECK(test::receive(pair.peer.get(), &ended) == "last");
  CHECK(ended);
  CHECK(write(socket, "x").status == IoStatus::kBroken);
  test::send_all(pair.peer.get(), "still");
  std::array<char, 8> buffer{};
  CHECK(socket.read(buffer).size == 5);
}

TEST_CASE("the peer's address is text, whatever the family") {
  SocketPair pair;
  CHECK(Socket(std::move(pair.ours)).peer_address() == "unix");
  TcpPair tcp;
  Address address;
  REQUIRE(::getsockname(tcp.peer.get(), address.raw(), &address.size) == 0);
  CHECK(Socket(std::move(tcp.ours)).peer_address() == to_string(address));
  CHECK(Socket().peer_address() == "gone");
}

TEST_CASE("a peer's address is unknown when there is no memory for it") {
  TcpPair pair("127.100.100.100:0");  // too long to need none
  const Socket socket(std::move(pair.ours));
  const std::string whole = socket.peer_address();
  CHECK(whole.starts_with("127.100.100.100:"));
  test::at_each_allocation([&](test::Fault& fault) {
    std::string address;
    fault.during([&] { address = socket.peer_address(); });
    CHECK(address == (fault.struck ? "unknown" : whole));
  });
}

}  // namespace
}  // namespace rivulet::os

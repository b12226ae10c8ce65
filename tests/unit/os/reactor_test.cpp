// Tests os/reactor.h with real sockets: who is called, when, and who is not.
#include "os/reactor.h"

#include <doctest/doctest.h>

#include <vector>

#include "../support/socket_pair.h"
#include "../support/temp_folder.h"
#include "os/process.h"
#include "reactor_probe.h"

namespace rivulet::os {
namespace {

using test::SocketPair;

TEST_CASE("a handler is called when its socket is readable, and not before") {
  Reactor reactor;
  SocketPair pair;
  Probe& probe = watch(reactor, std::move(pair.ours));
  turn(reactor);
  CHECK(probe.reads == 0);
  test::send_all(pair.peer.get(), "x");
  turn(reactor);
  CHECK(probe.reads == 1);
  CHECK(probe.writes == 0);
  turn(reactor);
  CHECK(probe.reads == 2);  // level-triggered: what is left is told again
  test::receive(probe.fd().get());
  turn(reactor);
  CHECK(probe.reads == 2);
}

TEST_CASE("interest says which of the two is told") {
  Reactor reactor;
  SocketPair pair;
  Probe& probe = watch(reactor, std::move(pair.ours));
  CHECK(Reactor::interest(probe) == Interest::kRead);
  test::send_all(pair.peer.get(), "x");
  reactor.set_interest(probe, Interest::kWrite);
  CHECK(Reactor::interest(probe) == Interest::kWrite);
  turn(reactor);
  CHECK(probe.reads == 0);
  CHECK(probe.writes == 1);
  reactor.set_interest(probe, Interest::kReadWrite);
  turn(reactor);
  CHECK(probe.reads == 1);
  CHECK(probe.writes == 2);
  reactor.set_interest(probe, Interest::kRead);
  turn(reactor);
  CHECK(probe.reads == 2);
  CHECK(probe.writes == 2);
}

TEST_CASE("a full socket is writable only once it takes bytes again") {
  Reactor reactor;
  SocketPair pair;
  Probe& probe = watch(reactor, std::move(pair.ours));
  test::fill(probe.fd().get());
  reactor.set_interest(probe, Interest::kReadWrite);
  turn(reactor);
  CHECK(probe.writes == 0);
  test::receive(pair.peer.get());
  turn(reactor);
  CHECK(probe.writes == 1);
}

TEST_CASE("a hang-up is told as whichever of the two is asked for") {
  Reactor reactor;
  SocketPair reading, writing, full;
  Probe& reader = watch(reactor, std::move(reading.ours));
  Probe& writer = watch(reactor, std::move(writing.ours));
  Probe& stuck = watch(reactor, std::move(full.ours));
  reactor.set_interest(writer, Interest::kWrite);
  test::fill(stuck.fd().get());
  reactor.set_interest(stuck, Interest::kWrite);
  reading.peer.reset();
  writing.peer.reset();
  full.peer.reset();
  turn(reactor);
  CHECK(reader.reads == 1);
  CHECK(reader.writes == 0);
  CHECK(writer.reads == 0);
  CHECK(writer.writes == 1);
  CHECK(stuck.reads == 0);
  CHECK(stuck.writes == 1);
}

TEST_CASE("a handler that the batch has retired is not called any more") {
  Reactor reactor;
  SocketPair one, two;
  Probe& a = watch(reactor, std::move(one.ours));
  Probe& b = watch(reactor, std::move(two.ours));
  a.when_readable = [&] { reactor.retire(b); };
  b.when_readable = [&] { reactor.retire(a); };
  test::send_all(one.peer.get(), "x");
  test::send_all(two.peer.get(), "x");
  turn(reactor);
  CHECK(a.reads + b.reads == 1);  // buried no earlier than the next turn
  CHECK(Reactor::retired(a) != Reactor::retired(b));
}

TEST_CASE("a handler that retires itself while reading is not written to") {
  Reactor reactor;
  SocketPair pair;
  Probe& probe = watch(reactor, std::move(pair.ours));
  reactor.set_interest(probe, Interest::kReadWrite);
  probe.when_readable = [&] { reactor.retire(probe); };
  test::send_all(pair.peer.get(), "x");
  turn(reactor);
  CHECK(probe.reads == 1);
  CHECK(probe.writes == 0);
  CHECK(Reactor::retired(probe));
}

TEST_CASE(
    "a retired handler is destroyed, and its socket closed, before sleep") {
  Reactor reactor;
  SocketPair pair;
  Probe& probe = watch(reactor, std::move(pair.ours));
  const int before = Probe::living();
  reactor.retire(probe);
  CHECK(Probe::living() == before);
  CHECK_FALSE(test::at_end(pair.peer.get()));
  turn(reactor);
  CHECK(Probe::living() == before - 1);
  CHECK(test::at_end(pair.peer.get()));
}

TEST_CASE("a retired handler is neither told anything nor flushed") {
  Reactor reactor;
  SocketPair pair;
  Probe& probe = watch(reactor, std::move(pair.ours));
  int calls = 0;
  probe.when_readable = probe.when_writable =
      probe.when_flushed = [&calls] { ++calls; };
  reactor.flush_later(probe);
  reactor.retire(probe);
  reactor.flush_first(probe);
  reactor.flush_later(probe);
  reactor.set_interest(probe, Interest::kReadWrite);
  test::send_all(pair.peer.get(), "x");
  turn(reactor);
  turn(reactor);
  CHECK(calls == 0);
}

TEST_CASE("a descriptor number is used again without a mix-up") {
  Reactor reactor;
  for (int round = 0; round < 3; ++round) {
    SocketPair pair;
    Probe& probe = watch(reactor, std::move(pair.ours));
    test::send_all(pair.peer.get(), "x");
    probe.when_readable = [&] {
      test::receive(probe.fd().get());
      reactor.retire(probe);
    };
    turn(reactor);
    CHECK(probe.reads == 1);
    turn(reactor);
    CHECK(test::at_end(pair.peer.get()));
  }
}

TEST_CASE("a handler that watches another while it is called goes on") {
  Reactor reactor;
  raise_descriptor_limit();
  SocketPair pair;
  std::vector<SocketPair> more(300);
  std::vector<Probe*> added;
  Probe& probe = watch(reactor, std::move(pair.ours));
  reactor.set_interest(probe, Interest::kReadWrite);
  probe.when_readable = [&] {
    for (SocketPair& one : more) {
      added.push_back(&watch(reactor, std::move(one.ours)));
    }
    test::receive(probe.fd().get());
  };
  test::send_all(pair.peer.get(), "x");
  turn(reactor);
  CHECK(probe.writes == 1);  // the table has moved in between
  for (const SocketPair& one : more) test::send_all(one.peer.get(), "x");
  turn(reactor);
  for (const Probe* one : added) CHECK(one->reads == 1);
}

TEST_CASE("a successor takes over socket and interest from the next turn on") {
  Reactor reactor;
  SocketPair pair;
  Probe& first = watch(reactor, std::move(pair.ours));
  reactor.set_interest(first, Interest::kReadWrite);
  reactor.flush_later(first);
  Probe* second = nullptr;
  first.when_readable = [&] {
    auto successor = std::make_unique<Probe>(std::move(first.fd()));
    second = successor.get();
    reactor.replace(first, std::move(successor));
    CHECK(Reactor::retired(first));
    CHECK_FALSE(Reactor::retired(*second));
  };
  const int before = Probe::living();
  test::send_all(pair.peer.get(), "x");
  turn(reactor);
  REQUIRE(second != nullptr);
  CHECK(first.writes == 0);
  CHECK(first.flushes == 1);  // before it was replaced
  CHECK(second->reads + second->writes == 0);
  CHECK(Reactor::interest(*second) == Interest::kReadWrite);
  turn(reactor);
  CHECK(second->reads == 1);
  CHECK(second->writes == 1);
  CHECK(second->flushes == 0);
  CHECK(Probe::living() == before);
  CHECK_FALSE(test::at_end(pair.peer.get()));
}

TEST_CASE("what waited to be flushed is not flushed for the replaced") {
  Reactor reactor;
  SocketPair pair;
  Probe& first = watch(reactor, std::move(pair.ours));
  int flushes = 0;
  first.when_flushed = [&flushes] { ++flushes; };
  reactor.flush_later(first);
  auto successor = std::make_unique<Probe>(std::move(first.fd()));
  Probe& second = *successor;
  reactor.replace(first, std::move(successor));
  reactor.flush_later(second);
  turn(reactor);
  CHECK(flushes == 0);
  CHECK(second.flushes == 1);
  CHECK_FALSE(test::at_end(pair.peer.get()));
}

TEST_CASE("the reactor counts what it watches, each once") {
  Reactor reactor;
  SocketPair one, two;
  CHECK(reactor.watched() == 0);
  Probe& a = watch(reactor, std::move(one.ours));
  Probe& b = watch(reactor, std::move(two.ours));
  CHECK(reactor.watched() == 2);
  auto successor = std::make_unique<Probe>(std::move(a.fd()));
  Probe& c = *successor;
  reactor.replace(a, std::move(successor));
  CHECK(reactor.watched() == 2);
  reactor.retire(b);
  CHECK(reactor.watched() == 1);
  turn(reactor);
  CHECK(reactor.watched() == 1);
  reactor.retire(c);
  CHECK(reactor.watched() == 0);
}

TEST_CASE("what the kernel will not watch is refused, and its handler gone") {
  const test::TempFolder folder;
  Reactor reactor;
  UniqueFd file(::open(folder.write("file", "x").c_str(), O_RDONLY));
  const int fd = file.get();
  const int before = Probe::living();
  CHECK_FALSE(reactor.watch(fd, std::make_unique<Probe>(std::move(file))));
  CHECK(Probe::living() == before);
  CHECK(reactor.watched() == 0);
  CHECK_FALSE(test::is_open(fd));
}

TEST_CASE("a reactor takes all its handlers with it") {
  const int before = Probe::living();
  SocketPair live, dirty, retired;
  {
    Reactor reactor;
    watch(reactor, std::move(live.ours));
    reactor.flush_later(watch(reactor, std::move(dirty.ours)));
    reactor.retire(watch(reactor, std::move(retired.ours)));
    CHECK(Probe::living() == before + 3);
  }
  CHECK(Probe::living() == before);
  for (const SocketPair* pair : {&live, &dirty, &retired}) {
    CHECK(test::at_end(pair->peer.get()));
  }
}

}  // namespace
}  // namespace rivulet::os

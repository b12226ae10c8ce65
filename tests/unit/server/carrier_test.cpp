// Tests that a server's state is read as it was written, that a sample of each
// version is read, and that none that is made up does any harm. What becomes of
// those who are connected is for the simulation (tests/sim).
#include "server/carrier.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../support/server_bench.h"
#include "../support/socket_pair.h"
#include "../support/stream_client.h"
#include "base/siphash.h"

namespace rivulet::server {
namespace {

using test::ServerBench;
using test::SocketPair;

// Above all that the tests have open, so that others may stand in for them.
constexpr int kHigh = 400;

Settings settings_of_sample() {
  Settings settings = test::settings_with_history(100);
  settings.max_streams_per_address = 1'000;
  settings.deliveries_a_turn = 40;
  return settings;
}

// Sends `bytes` on a new connection, which is not read, and answers its peer.
os::UniqueFd ask(ServerBench& bench, std::string_view bytes,
                 int send_buffer = 0) {
  SocketPair pair;
  if (send_buffer > 0) {
    ::setsockopt(pair.ours.get(), SOL_SOCKET, SO_SNDBUF, &send_buffer,
                 sizeof send_buffer);
  }
  const int high = ::fcntl(pair.ours.get(), F_DUPFD_CLOEXEC, kHigh);
  bench.admit(os::UniqueFd(high));
  test::send_all(pair.peer.get(), bytes);
  bench.turn();
  return std::move(pair.peer);
}

// Clients of a bench, in every state that lasts longer than a turn.
class Crowd {
 public:
  explicit Crowd(ServerBench& bench) : bench_(bench) {
    ask(kStream + "ana?topic=a&topic=b HTTP/1.1\r\nHost: h\r\n\r\n");
    ask(kStream + "ana HTTP/1.0\r\n\r\n");
    ask("GET /stream?topic=a HTTP/1.1\r\nHost: h\r\nLast-Event-ID: 0\r\n\r\n");
    ask(kStream + "slow HTTP/1.1\r\nHost: h\r\n\r\n", 4'096);
    ask("GET /stats HTTP/1.1\r\nHost: h\r\n\r\n");
    ask("");
    ask("GET /clients HTTP/1.1\r\nHos");
    ask("GET /livez HTTP/1.1\r\nHost: h\r\n\r\n");
    ask("POST /publish HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
    ask("POST /publish/ana HTTP/1.1\r\nHost: h\r\nContent-Type: "
        "text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        "1f;a=b\r\nevent: e\ndata: one\n\ndata: tw");
    test::publish_to_topics(bench, {"a", "b"}, "to topics");
    for (int n = 0; n < 3; ++n) {
      test::publish_to_client(bench, "slow", std::string(2'000, 'x'));
      bench.turn();
    }
    ask("GET /livez HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    ask("GET /?%zz HTTP/1.0\r\n\r\n");
    bench.context.reactor.settle();
    test::publish_to_all(bench, "to all, not written");
  }

 private:
  void ask(std::string_view bytes, int send_buffer = 0) {
    peers_.push_back(server::ask(bench_, bytes, send_buffer));
  }

  static inline const std::string kStream = "GET /stream/";
  ServerBench& bench_;
  std::vector<os::UniqueFd> peers_;
};

// The state of a bench, by itself.
std::string save(ServerBench& bench) {
  Listeners listeners(bench.context);
  Handover handover{
      .version = "test",
      .arguments = {"--heartbeat", "1s"},
      .epoch = bench.settings.epoch,
      .descriptors = Carrier::descriptors_of(bench.context.reactor)};
  base::State state;
  handover.carry(state);
  Carrier(bench.context, listeners, state).carry();
  return state.take_file();
}

// A bench that goes on with `file`, on stand-ins; or StateError.
std::unique_ptr<ServerBench> load(std::string_view file) {
  base::State state(file);
  Handover handover;
  handover.carry(state);
  os::InheritedDescriptors descriptors;
  if (!descriptors.claim(handover.descriptors,
                         os::InheritedDescriptors::Kind::kStandIns)) {
    throw base::StateError("no stand-ins");
  }
  auto bench = std::make_unique<ServerBench>(settings_of_sample());
  Listeners listeners(bench->context);
  Carrier(bench->context, listeners, state, &descriptors).carry();
  return bench;
}

std::string save_crowd() {
  ServerBench bench(settings_of_sample());
  const Crowd crowd(bench);
  return save(bench);
}

// The state of a server of each version of the format that is read: this one
// and the one before, of which the first has none.
std::string path_of_sample(uint64_t version) {
  const std::string here = __FILE__;
  return here.substr(0, here.rfind('/')) + "/samples/state-" +
         std::to_string(version);
}

std::string read_sample(uint64_t version) {
  std::ifstream file(path_of_sample(version), std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), {});
  REQUIRE_MESSAGE(!bytes.empty(), path_of_sample(version));
  return bytes;
}

// `file` with the checksum that belongs to it.
std::string with_checksum(std::string file) {
  constexpr size_t kHeader = 32;
  const uint64_t sum =
      base::siphash({0x72697675'6c657421U, base::State::kVersion},
                    std::string_view(file).substr(kHeader));
  std::memcpy(file.data() + kHeader - sizeof sum, &sum, sizeof sum);
  return file;
}

TEST_CASE("a state that was loaded is saved as it was") {
  const std::string file = save_crowd();
  const auto bench = load(file);
  CHECK(bench->context.hub.subscriber_count() == 4);
  CHECK(bench->context.stats.watchers() == 1);
  CHECK(bench->context.connections() == 12);
  const std::string again = save(*bench);
  CHECK(again.size() == file.size());
  CHECK((again == file));  // without printing them
}

// Of the streams of "ana", the newest first.
std::vector<uint32_t> slots_of_ana(const ServerBench& bench) {
  std::vector<uint32_t> slots;
  bench.context.hub.for_each_subscriber(
      "ana", [&slots](const hub::Subscriber& subscriber) {
        slots.push_back(subscriber.slot());
      });
  return slots;
}

TEST_CASE("those of one id are loaded in the order in which they came") {
  const std::string_view stream = "GET /stream/ana HTTP/1.0\r\n\r\n";
  std::string file;
  std::vector<uint32_t> slots;
  {
    ServerBench bench(settings_of_sample());
    const SocketPair pair;
    os::UniqueFd lower(::fcntl(pair.ours.get(), F_DUPFD_CLOEXEC, kHigh));
    const os::UniqueFd older = ask(bench, stream);
    lower.reset();
    const os::UniqueFd newer = ask(bench, stream);
    slots = slots_of_ana(bench);
    file = save(bench);
  }
  REQUIRE(slots.size() == 2);
  REQUIRE(slots[0] < slots[1]);
  CHECK(slots_of_ana(*load(file)) == slots);
}

TEST_CASE("a sample of each version is read") {
  for (auto n = base::State::kOldest; n <= base::State::kVersion; ++n) {
    const auto bench = load(read_sample(n));
    CHECK(bench->context.hub.subscriber_count() == 4);
    CHECK(bench->context.hub.subscriber_count("ana") == 2);
    CHECK(bench->context.hub.history().next() == 7);
    CHECK(bench->context.metrics.streams_opened == 4);
    CHECK(bench->context.reactor.has_to_flush());
    CHECK(bench->context.held_memory.bytes() > 4'000);  // of the slow one
    CHECK(bench->context.connections() == 12);
  }
}

// Writes that of this version, when it is a new one:
//   build/asan/unit-tests --no-skip -tc='a sample is written'
TEST_CASE("a sample is written" * doctest::skip()) {
  std::ofstream(path_of_sample(base::State::kVersion), std::ios::binary)
      << save_crowd();
}

TEST_CASE("a sample that is cut or changed anywhere is refused") {
  std::string file = read_sample(base::State::kVersion);
  for (size_t size = 0; size < file.size(); ++size) {
    CHECK_THROWS_AS(base::State(std::string_view(file).substr(0, size)),
                    base::StateError);
  }
  for (char& byte : file) {
    byte = static_cast<char>(byte ^ 0x10);
    CHECK_THROWS_AS(base::State(std::string_view(file)), base::StateError);
    byte = static_cast<char>(byte ^ 0x10);
  }
}

// Nobody sends such; but whoever reads it must not go wrong.
TEST_CASE(
    "a sample that is changed anywhere and has its checksum does no harm") {
  const std::string file = read_sample(base::State::kVersion);
  constexpr size_t kHeader = 32;
  size_t refused = 0;
  for (size_t place = kHeader; place < file.size(); ++place) {
    constexpr std::array<int, 3> kChanges{1, 0x80, 0xff};
    std::string other = file;
    other[place] = static_cast<char>(other[place] ^ kChanges[place % 3]);
    try {
      const auto bench = load(with_checksum(other));
      CHECK(bench->context.hub.subscriber_count() <= 4);
    } catch (const base::StateError&) {
      ++refused;
    }
  }
  CHECK(refused > file.size() / 8);
}

}  // namespace
}  // namespace rivulet::server

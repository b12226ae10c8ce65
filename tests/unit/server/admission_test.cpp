// Tests of server::Admission and server::HeldMemory: who is counted for what.
#include "server/admission.h"

#include <doctest/doctest.h>

#include "server/held_memory.h"

namespace rivulet::server {
namespace {

constexpr uint64_t kSomebody = 1;
constexpr uint64_t kSomebodyElse = 2;
constexpr uint64_t kUnixSocket = 0;

Settings with_limit_per_address(size_t limit) {
  Settings settings;
  settings.max_streams_per_address = limit;
  return settings;
}

TEST_CASE("an address may open as many streams as its limit says") {
  const Settings settings = with_limit_per_address(2);
  const hub::Hub hub{hub::HistoryLimits{}, 1, {}};
  Admission admission(settings, hub);
  for (int n = 0; n < 2; ++n) {
    CHECK(admission.refusal("ana", kSomebody) == std::nullopt);
    admission.enter(kSomebody);
  }
  CHECK(admission.refusal("ana", kSomebody) ==
        StreamRefusal::kMaxStreamsPerAddress);
  CHECK(admission.refusal("ana", kSomebodyElse) == std::nullopt);
  admission.leave(kSomebody);
  CHECK(admission.refusal("ana", kSomebody) == std::nullopt);
}

TEST_CASE("peers without an address are not limited by it") {
  const Settings settings = with_limit_per_address(1);
  const hub::Hub hub{hub::HistoryLimits{}, 1, {}};
  Admission admission(settings, hub);
  for (int n = 0; n < 10; ++n) admission.enter(kUnixSocket);
  CHECK(admission.refusal("ana", kUnixSocket) == std::nullopt);
  for (int n = 0; n < 10; ++n) admission.leave(kUnixSocket);
}

TEST_CASE("without a limit nobody is counted") {
  const Settings settings = with_limit_per_address(0);
  const hub::Hub hub{hub::HistoryLimits{}, 1, {}};
  Admission admission(settings, hub);
  for (int n = 0; n < 10; ++n) admission.enter(kSomebody);
  CHECK(admission.refusal("ana", kSomebody) == std::nullopt);
}

TEST_CASE("held memory is the sum of what its owners report") {
  HeldMemory memory(100);
  size_t first = 0;
  size_t second = 0;
  memory.report(first, 60);
  memory.report(second, 40);
  CHECK(memory.bytes() == 100);
  CHECK_FALSE(memory.over_limit());
  memory.report(second, 41);
  CHECK(memory.over_limit());
  memory.report(first, 0);
  CHECK(memory.bytes() == 41);
  CHECK(first == 0);
  CHECK(second == 41);
}

}  // namespace
}  // namespace rivulet::server

// Tests what is taken of the state of another process, and what is not; that
// requests go on where they were is for the simulation (tests/sim).
#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <string>

#include "base/state.h"
#include "http/status.h"

namespace rivulet::http {
namespace {

// A refusal as another process may have written it.
std::string file_of(uint16_t status) {
  base::State state;
  std::string reason = "because";
  state.number(status);
  state.text(reason);
  return state.take_file();
}

Refusal load(const std::string& file) {
  base::State state(file);
  Refusal refusal{};
  carry(state, refusal);
  state.end();
  return refusal;
}

TEST_CASE("a refusal is the same in another process") {
  const Refusal refusal = load(file_of(413));
  CHECK(refusal.status == Status::kContentTooLarge);
  CHECK(refusal.reason == "because");
}

TEST_CASE("a refusal with a status that nobody sends is none") {
  for (const uint16_t status :
       std::to_array<uint16_t>({0, 202, 418, 999, 65'535})) {
    CAPTURE(status);
    CHECK_THROWS_AS((void)load(file_of(status)), base::StateError);
  }
}

}  // namespace
}  // namespace rivulet::http

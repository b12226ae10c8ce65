#include "server/upgrade.h"

#include <fmt/format.h>

#include <cassert>
#include <memory>
#include <utility>

#include "base/state.h"
#include "base/text.h"
#include "os/memory_file.h"

namespace rivulet::server {

std::string Upgrade::answer(std::string_view state) {
  return fmt::format("ready to go on with state {:016x}\n",
                     base::State::checksum_of(state));
}

void Upgrade::start(std::string_view state) {
  assert(idle());
  std::string problem;
  if (program_.path.empty()) return fail("the binary's path is not known");
  const os::UniqueFd file = os::make_memory_file(state, problem);
  if (!file.valid()) return fail(problem);
  auto listening = std::make_unique<Listening>(*this, answer(state));
  Listening& child = *listening;
  if (!child.child().start(program_.path, kCheckState, file, problem)) {
    return fail(problem);
  }
  if (!context_.reactor.watch(child.fd(), std::move(listening))) {
    return fail("the kernel has no memory to watch the child");
  }
  ++context_.own_handlers;
  listening_ = &child;
  state_ = State::kChecking;
  began_ = context_.reactor.now();
}

void Upgrade::fail(std::string_view reason) {
  if (state_ == State::kChecking) forget_child();
  state_ = State::kIdle;
  ++context_.metrics.upgrades_failed;
  context_.log.error("upgrade-failed",
                     {{"reason", reason}, {"binary", program_.path}});
}

void Upgrade::forget_child() {
  context_.reactor.retire(*std::exchange(listening_, nullptr));
  --context_.own_handlers;
}

void Upgrade::on_end(const std::string& reason) {
  if (!reason.empty()) return fail(reason);
  forget_child();
  state_ = State::kChecked;
}

void Upgrade::finish(std::string_view state,
                     const std::vector<uint64_t>& descriptors) {
  assert(checked());
  std::string problem;
  const os::UniqueFd file = os::make_memory_file(state, problem);
  if (file.valid()) problem = os::become(program_, file, descriptors);
  fail(problem);
}

void Upgrade::run_due() {
  const auto due = next();
  if (due && context_.reactor.now() >= *due) {
    fail("the new binary takes too long to check the state");
  }
}

std::optional<base::Time> Upgrade::next() const {
  if (state_ != State::kChecking) return std::nullopt;
  return began_ + kPatience;
}

// ---- the child

void Upgrade::Listening::on_readable() {
  if (child_.read(said_)) upgrade_.on_end(reason());
}

void Upgrade::Listening::on_no_memory() {
  if (!os::Reactor::retired(*this)) upgrade_.fail("out of memory");
}

// Of one that has ended: the first line that it said, and its status; empty
// when all is well.
std::string Upgrade::Listening::reason() {
  const std::string status = child_.finish();
  if (status.empty() && said_ == expected_) return {};
  std::string_view rest = said_;
  const std::string line = base::printable(base::take_until(rest, '\n'));
  return "the new binary cannot take over: " +
         fmt::format("{} ({})", line.empty() ? "it says nothing" : line,
                     status.empty() ? "exit status 0" : status);
}

}  // namespace rivulet::server

#include "cluster/redis_link.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <new>
#include <utility>

namespace rivulet::cluster {
namespace {

constexpr base::Duration kFirstPause{50};
constexpr base::Duration kLongestPause{2'000};
constexpr base::Duration kPollEvery{20};  // while a name is looked up

}  // namespace

RedisLink::RedisLink(os::Reactor& reactor, base::Random& random,
                     const RedisAddress& address, Owner& owner)
    : reactor_(reactor),
      random_(random),
      address_(address),
      owner_(owner),
      pause_(kFirstPause),
      due_(reactor.now()) {}

void RedisLink::send(std::span<const std::string_view> command) {
  if (up()) say(command);
}

// Counts a command and queues it.
void RedisLink::say(std::span<const std::string_view> command) {
  if (unanswered_++ == 0) owing_since_ = reactor_.now();
  try {
    connection_->send(command);
  } catch (const std::bad_alloc&) {
    start_over("no memory");
  }
}

base::Duration RedisLink::silent_for() const {
  if (unanswered_ == 0) return base::Duration(0);
  return reactor_.now() - owing_since_;
}

void RedisLink::start_over(std::string reason) {
  if (connection_ != nullptr) connection_->give_up(std::move(reason));
}

void RedisLink::run_due() {
  switch (state_) {
    case State::kDown:
      if (reactor_.now() >= due_) look_up();
      return;
    case State::kResolving:
      if (const auto answer = resolver_->poll()) {
        resolver_.reset();
        state_ = State::kDown;  // until a connection has been begun
        if (answer->addresses.empty()) return fail(answer->problem);
        return connect(
            answer->addresses[attempts_++ % answer->addresses.size()]);
      }
      return;
    case State::kConnecting:
      if (reactor_.now() >= due_) start_over("no connection");
      return;
    case State::kGreeting:
    case State::kUp:
      if (silent_for() >= kPatience) start_over("no answer");
      return;
  }
}

std::optional<base::Time> RedisLink::next() const {
  switch (state_) {
    case State::kDown:
    case State::kConnecting:
      return due_;
    case State::kResolving:
      return reactor_.now() + kPollEvery;
    case State::kGreeting:
    case State::kUp:
      if (unanswered_ == 0) return std::nullopt;
      return owing_since_ + kPatience;
  }
  return std::nullopt;
}

void RedisLink::look_up() {
  if (!address_.path.empty()) return connect({});
  resolver_ = std::make_unique<os::Resolver>(address_.host);
  state_ = State::kResolving;  // and not before: there may be no memory
  run_due();                   // an address needs no time
}

void RedisLink::connect(const std::string& ip) {
  std::string problem;
  connection_ = RedisConnection::open(reactor_, address_, ip, *this, problem);
  if (connection_ == nullptr) return fail(problem);
  state_ = State::kConnecting;
  due_ = reactor_.now() + kPatience;
}

void RedisLink::on_connected() {
  state_ = State::kGreeting;
  unanswered_ = 0;
  greet();
}

// Answers to these are "OK", or an error that says what is wrong with us.
void RedisLink::greet() {
  const std::string database = fmt::to_string(address_.database);
  if (!address_.user.empty()) {
    say({"AUTH", address_.user, address_.password});
  } else if (!address_.password.empty()) {
    say({"AUTH", address_.password});
  }
  say({"SELECT", database});
}

void RedisLink::on_reply(const RedisReply& reply) {
  assert(unanswered_ > 0);
  --unanswered_;
  owing_since_ = reactor_.now();
  if (state_ == State::kUp) return owner_.on_reply(reply);
  if (reply.kind() == RedisReply::Kind::kError) {
    return start_over(without_secrets(reply.text()));
  }
  if (unanswered_ > 0) return;
  state_ = State::kUp;
  up_since_ = reactor_.now();
  owner_.on_up();
}

// A Redis without AUTH repeats what it did not understand.
std::string RedisLink::without_secrets(std::string_view error) const {
  const bool tells = !address_.password.empty() &&
                     error.find(address_.password) != std::string_view::npos;
  return tells ? "refused" : std::string(error);
}

void RedisLink::on_lost(std::string_view reason) {
  connection_ = nullptr;
  const bool was_up = up();
  // One that refuses what it is asked at once is no better than none.
  const bool held = was_up && reactor_.now() - up_since_ > kLongestPause;
  if (held) pause_ = kFirstPause;
  fail(reason);
  if (was_up) owner_.on_down();
}

// Half of the pause is chance: instances that lost the same Redis do not come
// back in the same moment. Nobody says it twice, so it does not throw.
void RedisLink::fail(std::string_view reason) {
  state_ = State::kDown;
  unanswered_ = 0;
  const auto half = static_cast<uint64_t>(pause_.count()) / 2;
  const auto chance = static_cast<base::Duration::rep>(random_.below(half + 1));
  due_ = reactor_.now() + pause_ / 2 + base::Duration(chance);
  pause_ = std::min(2 * pause_, kLongestPause);
  try {
    problem_ = reason;
  } catch (const std::bad_alloc&) {
    problem_ = "no memory";  // which fits in place
  }
}

}  // namespace rivulet::cluster

// A connection to Redis that comes back: looked up, connected, greeted, and
// after each loss tried again, a little later each time.
//
//   kDown ── time ──> kResolving ──> kConnecting ──> kGreeting ──> kUp
//     ^                   │               │         (AUTH, SELECT)  │
//     └───────────────────┴───────────────┴──────── lost, refused, ─┘
//                                                   or silent for too long
//
// Its owner hears of replies to its own commands only, in their order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "cluster/redis_address.h"
#include "cluster/redis_connection.h"
#include "os/reactor.h"
#include "os/resolver.h"

namespace rivulet::cluster {

class RedisLink final : public RedisClient {
 public:
  // Nothing is heard of a Redis for so long that owes an answer: it is gone.
  static constexpr base::Duration kPatience{10'000};

  class Owner {
   public:
    virtual void on_up() = 0;
    virtual void on_reply(const RedisReply& reply) = 0;
    // Only after on_up(): what was sent and not answered is in doubt.
    virtual void on_down() = 0;

   protected:
    ~Owner() = default;
  };

  // Connects at the first run_due(). `address` outlives it; and it outlives the
  // handlers of `reactor`, which call it.
  RedisLink(os::Reactor& reactor, base::Random& random,
            const RedisAddress& address, Owner& owner);

  [[nodiscard]] bool up() const { return state_ == State::kUp; }

  // Queues a command; does nothing unless it is up. Without memory for it the
  // link is lost, and with it what was sent before.
  void send(std::span<const std::string_view> command);
  void send(std::initializer_list<std::string_view> command) {
    send(std::span(command.begin(), command.size()));
  }

  // For how long Redis has owed an answer; 0 when it owes none.
  [[nodiscard]] base::Duration silent_for() const;

  // Is lost soon, and comes back: what it had to say cannot be kept.
  void start_over(std::string reason);

  // Whether the reactor has a handler of it.
  [[nodiscard]] bool watched() const { return connection_ != nullptr; }

  // Why it was lost last; empty before the first time.
  [[nodiscard]] const std::string& problem() const { return problem_; }

  // Goes on with whatever is due. Throws std::bad_alloc; later it goes on as if
  // nothing had been.
  void run_due();
  // When to call that again.
  [[nodiscard]] std::optional<base::Time> next() const;

  void on_connected() override;
  void on_reply(const RedisReply& reply) override;
  void on_lost(std::string_view reason) override;

 private:
  enum class State : uint8_t {
    kDown,
    kResolving,
    kConnecting,
    kGreeting,
    kUp,
  };

  void look_up();
  void connect(const std::string& ip);
  void greet();
  void say(std::span<const std::string_view> command);
  void say(std::initializer_list<std::string_view> command) {
    say(std::span(command.begin(), command.size()));
  }
  [[nodiscard]] std::string without_secrets(std::string_view error) const;
  void fail(std::string_view reason);

  os::Reactor& reactor_;
  base::Random& random_;
  const RedisAddress& address_;
  Owner& owner_;
  std::unique_ptr<os::Resolver> resolver_;  // while resolving
  size_t attempts_ = 0;                     // each to the next address
  RedisConnection* connection_ = nullptr;   // the reactor owns it
  State state_ = State::kDown;
  std::string problem_;
  base::Duration pause_;  // before the next attempt but one, at most
  base::Time up_since_{};
  base::Time due_;            // of the next attempt, or end of patience
  size_t unanswered_ = 0;     // commands
  base::Time owing_since_{};  // an answer; of those there are
};

}  // namespace rivulet::cluster

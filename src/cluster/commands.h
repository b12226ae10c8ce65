// The connection for commands, and who waits for which reply: Redis answers in
// the order in which it was asked.
//
//   asked_   [ outbox ][ outbox ][ presence ][ ticket ] ...
//               ^ the next reply is for this one
#pragma once

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "cluster/redis_link.h"
#include "cluster/ticket.h"

namespace rivulet::cluster {

class ReplyReader {
 public:
  // `what` is as it was given to ask().
  virtual void on_reply(uint64_t what, const RedisReply& reply) = 0;

 protected:
  ~ReplyReader() = default;
};

class Commands final : public RedisLink::Owner {
 public:
  // How long Redis may owe an answer and still be taken for being there.
  static constexpr base::Duration kAwayAfter{2'000};

  class Owner {
   public:
    virtual void on_commands_up() = 0;
    // Nothing that was asked will be answered. Must not throw.
    virtual void on_commands_down() = 0;

   protected:
    ~Owner() = default;
  };

  Commands(os::Reactor& reactor, base::Random& random,
           const RedisAddress& address, Owner& owner)
      : owner_(owner), link_(reactor, random, address, *this) {}

  [[nodiscard]] RedisLink& link() { return link_; }
  [[nodiscard]] const RedisLink& link() const { return link_; }

  // Whether Redis can be asked and answers.
  [[nodiscard]] bool there() const {
    return link_.up() && link_.silent_for() < kAwayAfter;
  }

  // Those that wait with a ticket; they are counted one by one.
  [[nodiscard]] size_t tickets() const;

  // Asks; the reply goes to `reader`, or to whoever has `ticket`, who hears
  // too when it will not come. Only while the link is up. Without memory the
  // link is lost, as far as a reader is concerned; with a ticket std::bad_alloc
  // is thrown, and nothing was asked.
  void ask(std::span<const std::string_view> command, ReplyReader& reader,
           uint64_t what);
  void ask(std::initializer_list<std::string_view> command, ReplyReader& reader,
           uint64_t what) {
    ask(std::span(command.begin(), command.size()), reader, what);
  }
  void ask(std::initializer_list<std::string_view> command, TicketRef ticket);

  void on_up() override;
  void on_reply(const RedisReply& reply) override;
  void on_down() override;

 private:
  struct Asked {
    ReplyReader* reader = nullptr;  // or a ticket
    uint64_t what = 0;
    TicketRef ticket{};
  };

  Owner& owner_;
  std::deque<Asked> asked_;
  RedisLink link_;
};

}  // namespace rivulet::cluster

// One connection to Redis: commands out, replies in, in the order of the
// commands. The only file that knows hiredis; a build without it (make
// WITH_REDIS=0) opens none.
//
//   send() ──> hiredis' buffer ──> flushed before the loop sleeps: what a turn
//                                  has to say leaves in one write
//   on_reply() <── hiredis' parser <── on_readable()
//
// hiredis opens and closes the socket, and the loop watches a copy of its
// descriptor (os/foreign_socket.h). Its callbacks come through C, so nothing is
// thrown out of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "cluster/redis_address.h"
#include "os/reactor.h"
#include "os/unique_fd.h"

struct redisReply;
struct redisAsyncContext;

namespace rivulet::cluster {

// Whether this build can speak to Redis.
[[nodiscard]] bool can_speak_to_redis();

// A reply as long as it is being looked at.
class RedisReply {
 public:
  enum class Kind : uint8_t { kNothing, kText, kNumber, kList, kError };

  explicit RedisReply(const redisReply* reply) : reply_(reply) {}

  [[nodiscard]] Kind kind() const;
  [[nodiscard]] std::string_view text() const;  // of a text or an error
  [[nodiscard]] int64_t number() const;         // 0 unless it is one
  [[nodiscard]] size_t size() const;            // 0 unless it is a list
  // Of a list; `index` is less than size().
  [[nodiscard]] RedisReply at(size_t index) const;

 private:
  const redisReply* reply_;
};

// Whom a connection serves.
class RedisClient {
 public:
  // Must not throw.
  virtual void on_connected() = 0;
  // May throw std::bad_alloc: then the connection is lost.
  virtual void on_reply(const RedisReply& reply) = 0;
  // The connection is gone; replies that were due will not come.
  virtual void on_lost(std::string_view reason) = 0;

 protected:
  ~RedisClient() = default;
};

class RedisConnection final : public os::EventHandler {
 public:
  // Begins to connect to `address`, whose host is `ip`; the reactor owns what
  // comes of it. `client` lives at least as long. Null, with a reason in
  // `problem`, when that fails at once. Throws std::bad_alloc.
  [[nodiscard]] static RedisConnection* open(os::Reactor& reactor,
                                             const RedisAddress& address,
                                             const std::string& ip,
                                             RedisClient& client,
                                             std::string& problem);
  ~RedisConnection() override;

  // Queues a command, once it is connected. Throws std::bad_alloc.
  void send(std::span<const std::string_view> command);

  // Is lost before the loop sleeps, for this reason.
  void give_up(std::string reason);

  void on_readable() override;
  void on_writable() override;
  void on_flush() override;
  void on_no_memory() override;

 private:
  struct Hooks;  // what hiredis calls

  RedisConnection(os::Reactor& reactor, RedisClient& client,
                  redisAsyncContext* context);
  void write();
  void lost_because(const char* reason);
  void end_if_lost();

  os::Reactor& reactor_;
  RedisClient& client_;
  redisAsyncContext* context_;  // null once hiredis has freed it
  os::UniqueFd watched_;
  std::string lost_;  // why; empty while it is not
  bool writing_ = false;
};

}  // namespace rivulet::cluster

// Which clients this instance has, told to the others by way of Redis: a hash
// from client ids to numbers of streams, which expires with its instance.
//
//   changed(id) ... changed(id) ──> HSET / HDEL of what has changed, before the
//                                   loop sleeps, many in one command
//   each second: PEXPIRE; gone in spite of that, or a new connection: all anew,
//                to a second hash, which then takes the place of the first
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "cluster/commands.h"
#include "cluster/keys.h"
#include "hub/hub.h"

namespace rivulet::cluster {

class Presence final : public ReplyReader {
 public:
  // How long the clients of an instance that is gone are taken for connected.
  static constexpr std::string_view kTimeToLiveMs = "15000";

  Presence(const hub::Hub& hub, Commands& commands, const Keys& keys)
      : hub_(hub), commands_(commands), keys_(keys) {}

  // A client, unless `id` is empty, has one stream more or less here.
  void changed(std::string_view id) noexcept;

  // Redis may know nothing of us: it is told everything.
  void tell_all();

  // We live.
  void refresh();
  // We are about to end, and have nobody any more.
  void leave();

  // Sends what has changed, a bounded part of it.
  void write();
  [[nodiscard]] bool has_to_write() const {
    return !changed_.empty() && commands_.there();
  }

  void on_reply(uint64_t what, const RedisReply& reply) override;

 private:
  enum What : uint64_t { kIgnored, kRefreshed };
  // Bounded, for Redis does nothing else during a command, nor we during a
  // turn.
  static constexpr size_t kIdsACommand = 512;
  static constexpr size_t kCommandsATurn = 8;

  void write_some();
  void finish_telling();

  const hub::Hub& hub_;
  Commands& commands_;
  const Keys& keys_;
  std::vector<std::string> changed_;  // ids, some more than once
  bool telling_all_ = false;          // to the second hash
  bool lost_some_ = false;            // there was no memory for one
};

}  // namespace rivulet::cluster

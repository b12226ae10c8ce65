// Ends our old connections at Redis, before we look for what they carried.
//
// What we sent on a connection that was lost may arrive after we are back: out
// of the buffers of a Redis that stood still, or of a tunnel. Then it would not
// be found, be sent again, and be there twice. Once they are ended it has
// arrived by now, or never will.
//
//   new connection ──> CLIENT SETNAME, CLIENT ID
//                              │ there have been others
//                              v
//                      CLIENT LIST ID … ──> CLIENT KILL ID … ──> on_fenced()
//
// After a restart of Redis an old number may be somebody else's: only those are
// ended that bear our name. Needs Redis 6.2 (CLIENT LIST ID) and the right to
// do it: where either is missing, errors are passed over and old ones stay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/commands.h"

namespace rivulet::cluster {

class Fence final : public ReplyReader {
 public:
  class Owner {
   public:
    // What is asked from now on is answered with the old ones gone.
    virtual void on_fenced() = 0;

   protected:
    ~Owner() = default;
  };

  // `instance` is another one in each process, and has no space in it.
  Fence(Commands& commands, std::string_view instance, Owner& owner)
      : commands_(commands),
        name_("rivulet-" + std::string(instance)),
        owner_(owner) {}

  // The connection is new. Its owner hears of the end unless it is lost.
  void begin();

  void on_reply(uint64_t what, const RedisReply& reply) override;

 private:
  enum What : uint64_t { kIgnored, kNumber, kList };
  // Older ones than these have long been ended, by Redis if not by us.
  static constexpr size_t kMostKnown = 16;

  void look_for_others(const std::string& own);
  void end_ours(std::string_view list);

  Commands& commands_;
  const std::string name_;
  Owner& owner_;
  std::vector<std::string> known_;  // numbers of our connections so far
};

}  // namespace rivulet::cluster

// One simulated client: connects, sends requests in random pieces, reads as
// fast as it likes, and leaves in one of the ways in which clients leave.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "conversation.h"
#include "kernel.h"
#include "random.h"
#include "request.h"
#include "roster.h"

namespace rivulet::sim {

enum class Role : uint8_t {
  kSubscriber,
  kPublisher,
  kFlooder,    // asks for very much before it reads any of it
  kSlowloris,  // sends a byte now and then
  kSilent,     // connects, and that is all
  kToucher,    // and leaves at once
  kProbe,      // asks once who is connected
};

enum class Reading : uint8_t { kEager, kSlow, kStuck };

enum class Leaving : uint8_t {
  kStays,
  kHalfCloses,
  kCloses,
  kResets,
  kVanishes
};

struct ClientPlan {
  // A pipeline of more events than the server gathers for one write.
  static constexpr size_t kBurst = 150;

  Role role = Role::kSubscriber;
  Reading reading = Reading::kEager;
  Leaving leaving = Leaving::kStays;
  base::Duration lifetime{};
  size_t id = 0;        // of a subscriber
  size_t requests = 0;  // of the others
  size_t pipeline = 1;  // how many of them may be unanswered
  size_t up_capacity = 0;
  size_t down_capacity = 0;
  uint64_t group = 0;  // of its address, see os::peer_group()
  bool http10 = false;
  bool anonymous = false;
  bool dawdles = false;        // and stops in the middle of a request
  bool posts = false;          // a publisher that sends bodies
  uint64_t last_sequence = 0;  // that an earlier one under its id has got

  static ClientPlan drawn_from(Random& random, size_t ids,
                               base::Duration at_most);
};

// What the clients of one schedule share.
struct Surroundings {
  Kernel& kernel;
  Roster& roster;
  Journal& journal;
  RequestMaker& requests;
  // Everybody finishes what is begun, reads all there is, and begins nothing.
  bool settling = false;
};

class Client {
 public:
  Client(Surroundings& world, Random random, const ClientPlan& plan);

  // Does its next thing. Says when it wants to do another; nothing when it
  // has left for good.
  std::optional<base::Duration> step();

  [[nodiscard]] const ClientPlan& plan() const { return plan_; }
  // The number of its connection, once it has one.
  [[nodiscard]] Conversation* conversation() { return conversation_.get(); }
  [[nodiscard]] const Link* link() const { return link_; }
  [[nodiscard]] bool left() const { return left_; }
  // Reads all that comes and has done nothing that the server may mind.
  [[nodiscard]] bool healthy() const;
  // Has nothing to send, nothing to read, and nothing to wait for.
  [[nodiscard]] bool settled() const;

 private:
  void connect();
  size_t read();
  size_t send();
  void compose();
  void compose_subscriber();
  void compose_publisher();
  [[nodiscard]] Request publish(double to_one);
  [[nodiscard]] Request stream(bool http10);
  [[nodiscard]] std::optional<LastSeen> last_seen();
  void add(Request request);
  void leave();
  [[nodiscard]] base::Duration pause(bool something_happened);
  [[nodiscard]] bool reads_eagerly() const;

  Surroundings& world_;
  Random random_;
  ClientPlan plan_;
  base::Time since_;
  Link* link_ = nullptr;
  std::unique_ptr<Conversation> conversation_;
  std::string outbox_;
  size_t received_ = 0;
  size_t stuck_after_ = 0;
  base::Duration backoff_{1};
  bool left_ = false;
  bool half_closed_ = false;
};

}  // namespace rivulet::sim

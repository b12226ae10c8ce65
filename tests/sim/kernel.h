// The kernel, as far as Rivulet asks anything of it, in memory: a clock that
// jumps to the next thing that happens, descriptors, an epoll set, a listener,
// sockets, one signal, and faults drawn from a seed.
//
// The server side is called by os_on_kernel.cpp, which takes the place of the
// files of src/os that make system calls. The client side is called by the
// simulated clients. A call that no correct program makes (a descriptor closed
// twice, say) is a violation.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "faults.h"
#include "journal.h"
#include "link.h"
#include "os/epoll_set.h"
#include "os/listener.h"
#include "os/socket.h"
#include "random.h"
#include "witness.h"

namespace rivulet::sim {

enum class DescriptorKind : uint8_t {
  kFree,
  kEpoll,
  kListener,
  kSignals,
  kPlaceholder,
  kSocket,
};

class Kernel {
 public:
  Kernel(Random random, Journal& journal, Witness& witness);
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;
  ~Kernel();

  // The one that the code under test runs on: the last that was made.
  static Kernel& current();

  Faults faults;
  size_t descriptor_limit = 100'000;
  size_t backlog = 4'096;

  [[nodiscard]] base::Time now() const { return now_; }

  // ---- the server side
  [[nodiscard]] int open(DescriptorKind kind);
  void close(int fd);
  // execve(2): whatever `end` closes of sockets and listeners stays open, for
  // whoever claims it.
  void hand_over(const std::function<void()>& end);
  [[nodiscard]] bool claim(int fd) const;
  [[nodiscard]] bool watch(int fd, os::Interest interest);
  void change_watch(int fd, os::Interest interest);
  [[nodiscard]] size_t wait(std::span<os::Ready> ready,
                            std::optional<base::Duration> limit);
  [[nodiscard]] bool take_signal();
  // Whether there is none for the allocation that is being made.
  [[nodiscard]] bool out_of_memory();
  [[nodiscard]] os::AcceptStatus accept(int& fd);
  [[nodiscard]] os::IoResult read(int fd, std::span<char> buffer);
  [[nodiscard]] os::IoResult write(int fd,
                                   std::span<const os::ConstBuffer> pieces);
  void shut_down(int fd);
  [[nodiscard]] const Link& link_of(int fd);

  // ---- the client side
  // A new connection; nullptr when it is refused.
  [[nodiscard]] Link* connect(size_t up_capacity, size_t down_capacity,
                              uint64_t peer_group);
  // Says how many bytes were taken.
  size_t send(Link& link, std::string_view bytes);
  // Takes up to `most` bytes off the link and says how many.
  size_t receive(Link& link, size_t most);
  void half_close(Link& link);
  void close_client(Link& link);
  void reset(Link& link);
  void raise_signal() { signal_pending_ = true; }

  // ---- what can be asked about it
  [[nodiscard]] bool listening() const { return listener_ >= 0; }
  [[nodiscard]] size_t open_descriptors() const { return open_; }
  // What the server waits for on that link; nothing once it has closed it.
  [[nodiscard]] std::optional<os::Interest> interest_in(const Link& link) const;

 private:
  struct Descriptor {
    DescriptorKind kind = DescriptorKind::kFree;
    bool watched = false;
    os::Interest interest{};
    Link* link = nullptr;
  };

  void advance_to(base::Time time);
  void let_the_world_act();
  [[nodiscard]] os::Ready readiness(int fd) const;
  size_t collect_ready(std::span<os::Ready> ready);
  void add_spurious(std::vector<os::Ready>& all);
  void look_for_spinning(size_t reported);
  [[nodiscard]] Descriptor& at(int fd, DescriptorKind kind);
  void close_socket(Link& link);
  void close_listener();
  void break_both(Link& link);
  [[nodiscard]] os::IoResult broken(Link& link);

  Random random_;
  Journal& journal_;
  Witness& witness_;
  Kernel* previous_;
  base::Time now_{base::Duration(1'000'000)};
  std::vector<Descriptor> descriptors_;
  size_t open_ = 0;
  int listener_ = -1;
  int signals_ = -1;
  bool handing_over_ = false;
  bool signal_pending_ = false;
  bool memory_was_short_ = false;  // at the last allocation
  std::vector<std::unique_ptr<Link>> links_;
  std::vector<int> descriptor_of_link_;
  std::deque<Link*> backlog_;
  std::vector<os::Ready> scratch_;
  std::string written_;
  uint32_t idle_reports_ = 0;
};

}  // namespace rivulet::sim

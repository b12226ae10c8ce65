// Takes the place of the files of src/os that make system calls: the same
// classes, on the simulated kernel. reactor.cpp and address.cpp make none and
// are linked as they are.
#include <new>
#include <string>
#include <utility>

#include "kernel.h"
#include "memory.h"
#include "os/address.h"
#include "os/clock.h"
#include "os/epoll_set.h"
#include "os/inherited.h"
#include "os/listener.h"
#include "os/process.h"
#include "os/process_usage.h"
#include "os/signals.h"
#include "os/socket.h"
#include "os/unique_fd.h"

namespace rivulet::os {

using sim::DescriptorKind;
using sim::Kernel;
using sim::Running;

namespace {

// The kernel for the server, which is not the server that runs there.
class SystemCall {
 public:
  Kernel* operator->() const { return &Kernel::current(); }

 private:
  Running running_{Running::What::kModel};
};

}  // namespace

// ---- unique_fd.cpp

void UniqueFd::reset(int fd) {
  if (fd_ >= 0) SystemCall()->close(fd_);
  fd_ = fd;
}

// ---- epoll_set.cpp

EpollSet::EpollSet() : epoll_(SystemCall()->open(DescriptorKind::kEpoll)) {}

bool EpollSet::add(int fd, Interest interest) {
  return SystemCall()->watch(fd, interest);
}

void EpollSet::modify(int fd, Interest interest) {
  SystemCall()->change_watch(fd, interest);
}

size_t EpollSet::wait(std::span<Ready, kBatch> ready,
                      std::optional<base::Duration> limit) {
  return SystemCall()->wait(ready, limit);
}

// ---- clock.cpp

base::FineTime read_monotonic_clock() {
  return SystemCall()->now();
}

base::WallSeconds read_wall_clock() {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(
      SystemCall()->now().time_since_epoch());
  return base::WallSeconds(seconds + std::chrono::seconds(1'700'000'000));
}

// ---- socket.cpp

IoResult Socket::read(std::span<char> buffer) const {
  return SystemCall()->read(fd_.get(), buffer);
}

IoResult Socket::write(std::span<const ConstBuffer> pieces) const {
  return SystemCall()->write(fd_.get(), pieces);
}

void Socket::shutdown_write() const {
  SystemCall()->shut_down(fd_.get());
}

Peer Socket::peer() const {
  return {.on_unix_socket = SystemCall()->link_of(fd_.get()).group == 0};
}

std::string Socket::peer_address() const {
  const sim::Link& link = SystemCall()->link_of(fd_.get());
  if (link.group == 0) return "unix";
  try {
    return "[2001:db8:0:" + std::to_string(link.group) +
           "::1]:" + std::to_string(10'000 + link.number);
  } catch (const std::bad_alloc&) {
    return "unknown";
  }
}

// ---- listener.cpp

Listener::Listener(std::string_view text, const ListenerOptions& /*options*/)
    : fd_(SystemCall()->open(DescriptorKind::kListener)),
      address_(to_string(parse_address(text))),
      local_(true) {}

Listener::Listener(UniqueFd inherited)
    : fd_(std::move(inherited)), local_(true) {}

AcceptResult Listener::accept() const {
  int fd = -1;
  const AcceptStatus status = SystemCall()->accept(fd);
  const bool accepted = status == AcceptStatus::kAccepted;
  return {status, Socket(UniqueFd(fd)),
          accepted ? SystemCall()->link_of(fd).group : 0};
}

// ---- inherited.cpp

bool InheritedDescriptors::claim(std::span<const uint64_t> numbers,
                                 Kind /*kind*/) {
  for (const uint64_t number : numbers) {
    if (!Kernel::current().claim(static_cast<int>(number))) return false;
    if (number >= descriptors_.size()) descriptors_.resize(number + 1);
    assert(!descriptors_[number].valid() && "named twice");
    descriptors_[number] = UniqueFd(static_cast<int>(number));
  }
  return true;
}

UniqueFd InheritedDescriptors::take(uint64_t number) {
  if (number >= descriptors_.size()) return {};
  return std::move(descriptors_[number]);
}

// ---- signals.cpp

SignalQueue::SignalQueue()
    : fd_(SystemCall()->open(DescriptorKind::kSignals)) {}

std::optional<Signal> SignalQueue::next() const {
  if (!SystemCall()->take_signal()) return std::nullopt;
  return Signal::kTerminate;
}

// ---- process.cpp

uint64_t raise_descriptor_limit() {
  return SystemCall()->descriptor_limit;
}

UniqueFd open_placeholder() {
  return UniqueFd(SystemCall()->open(DescriptorKind::kPlaceholder));
}

// ---- process_usage.cpp

ProcessUsage process_usage() {
  return {.descriptors = Kernel::current().open_descriptors()};
}

}  // namespace rivulet::os

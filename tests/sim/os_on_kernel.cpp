// Takes the place of the files of src/os that make system calls: the same
// classes, on the simulated kernel. reactor.cpp and address.cpp make none and
// are linked as they are.
#include <utility>

#include "kernel.h"
#include "os/address.h"
#include "os/epoll_set.h"
#include "os/listener.h"
#include "os/process.h"
#include "os/signals.h"
#include "os/socket.h"
#include "os/unique_fd.h"

namespace rivulet::os {

using sim::DescriptorKind;
using sim::Kernel;

// ---- unique_fd.cpp

void UniqueFd::reset(int fd) {
  if (fd_ >= 0) Kernel::current().close(fd_);
  fd_ = fd;
}

// ---- epoll_set.cpp

EpollSet::EpollSet() : epoll_(Kernel::current().open(DescriptorKind::kEpoll)) {}

bool EpollSet::add(int fd, Interest interest) {
  return Kernel::current().watch(fd, interest);
}

void EpollSet::modify(int fd, Interest interest) {
  Kernel::current().change_watch(fd, interest);
}

size_t EpollSet::wait(std::span<Ready, kBatch> ready,
                      std::optional<base::Duration> limit) {
  return Kernel::current().wait(ready, limit);
}

base::Time read_monotonic_clock() {
  return Kernel::current().now();
}

base::WallSeconds read_wall_clock() {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(
      Kernel::current().now().time_since_epoch());
  return base::WallSeconds(seconds + std::chrono::seconds(1'700'000'000));
}

// ---- socket.cpp

IoResult Socket::read(std::span<char> buffer) const {
  return Kernel::current().read(fd_.get(), buffer);
}

IoResult Socket::write(std::span<const ConstBuffer> pieces) const {
  return Kernel::current().write(fd_.get(), pieces);
}

void Socket::shutdown_write() const {
  Kernel::current().shut_down(fd_.get());
}

// Every connection comes from an address of its own.
std::string Socket::peer_address() const {
  const auto number =
      static_cast<unsigned>(Kernel::current().link_of(fd_.get()).number);
  return "10." + std::to_string(number >> 16U & 255U) + "." +
         std::to_string(number >> 8U & 255U) + "." +
         std::to_string(number & 255U) + ":40000";
}

// ---- listener.cpp

Listener::Listener(std::string_view text)
    : fd_(Kernel::current().open(DescriptorKind::kListener)),
      address_(to_string(parse_address(text))) {}

Listener::~Listener() = default;

AcceptResult Listener::accept() const {
  int fd = -1;
  const AcceptStatus status = Kernel::current().accept(fd);
  return {status, Socket(UniqueFd(fd))};
}

// ---- signals.cpp

SignalQueue::SignalQueue()
    : fd_(Kernel::current().open(DescriptorKind::kSignals)) {}

std::optional<Signal> SignalQueue::next() const {
  if (!Kernel::current().take_signal()) return std::nullopt;
  return Signal::kTerminate;
}

// ---- process.cpp

uint64_t raise_descriptor_limit() {
  return Kernel::current().descriptor_limit;
}

UniqueFd open_placeholder() {
  return UniqueFd(Kernel::current().open(DescriptorKind::kPlaceholder));
}

std::optional<std::string> read_file(const std::string&, size_t) {
  return std::nullopt;  // the page comes from the binary
}

}  // namespace rivulet::os

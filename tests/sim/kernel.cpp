// Descriptors, the clock and the epoll set. The sockets are in
// kernel_sockets.cpp.
#include "kernel.h"

#include <algorithm>
#include <utility>

namespace rivulet::sim {
namespace {

// The only global: the files of src/os that this stands in for have no place
// to keep it.
Kernel* the_kernel = nullptr;

constexpr int kFirstDescriptor = 3;

// Reports in a row after which the server has asked for nothing. More of them
// without a fault mean that it spins.
constexpr uint32_t kMaxIdleReports = 500;

bool wants(os::Interest interest, os::Interest what) {
  return (static_cast<unsigned>(interest) & static_cast<unsigned>(what)) != 0;
}

}  // namespace

Kernel::Kernel(Random random, Journal& journal, Witness& witness)
    : random_(random),
      journal_(journal),
      witness_(witness),
      previous_(std::exchange(the_kernel, this)),
      descriptors_(kFirstDescriptor) {}

Kernel::~Kernel() {
  the_kernel = previous_;
}

Kernel& Kernel::current() {
  assert(the_kernel != nullptr);
  return *the_kernel;
}

// ---- descriptors

int Kernel::open(DescriptorKind kind) {
  if (open_ >= descriptor_limit) return -1;
  auto free = std::find_if(
      descriptors_.begin() + kFirstDescriptor, descriptors_.end(),
      [](const Descriptor& d) { return d.kind == DescriptorKind::kFree; });
  if (free == descriptors_.end())
    free = descriptors_.insert(free, Descriptor{});
  *free = Descriptor{.kind = kind};
  ++open_;
  const int fd = static_cast<int>(free - descriptors_.begin());
  if (kind == DescriptorKind::kListener) listener_ = fd;
  if (kind == DescriptorKind::kSignals) signals_ = fd;
  return fd;
}

Kernel::Descriptor& Kernel::at(int fd, DescriptorKind kind) {
  const auto index = static_cast<size_t>(fd);
  assert(fd >= 0 && index < descriptors_.size() &&
         descriptors_[index].kind == kind && "the descriptor is not open");
  return descriptors_[index];
}

void Kernel::close(int fd) {
  Descriptor& descriptor = descriptors_.at(static_cast<size_t>(fd));
  assert(descriptor.kind != DescriptorKind::kFree && "closed twice");
  const bool kept = descriptor.kind == DescriptorKind::kListener ||
                    descriptor.kind == DescriptorKind::kSocket;
  if (handing_over_ && kept) return;
  const Descriptor closed = std::exchange(descriptor, {});
  --open_;
  idle_reports_ = 0;
  if (closed.kind == DescriptorKind::kListener) close_listener();
  if (closed.kind == DescriptorKind::kSocket) close_socket(*closed.link);
}

void Kernel::hand_over(const std::function<void()>& end) {
  handing_over_ = true;
  end();
  handing_over_ = false;
  idle_reports_ = 0;
  for (Descriptor& descriptor : descriptors_) {  // the epoll set is gone
    descriptor.watched = false;
    if (descriptor.link != nullptr) {
      descriptor.link->server_waits_for_room = false;
    }
  }
}

bool Kernel::claim(int fd) const {
  const auto index = static_cast<size_t>(fd);
  return index < descriptors_.size() &&
         descriptors_[index].kind != DescriptorKind::kFree;
}

void Kernel::close_listener() {
  listener_ = -1;
  for (Link* link : std::exchange(backlog_, {})) {
    link->server_closed = link->client_reset = link->turned_away = true;
  }
}

// ---- the epoll set

bool Kernel::watch(int fd, os::Interest interest) {
  Descriptor& descriptor = descriptors_.at(static_cast<size_t>(fd));
  assert(descriptor.kind != DescriptorKind::kFree && !descriptor.watched);
  if (random_.chance(faults.no_epoll_memory)) {
    if (descriptor.link != nullptr) descriptor.link->turned_away = true;
    return false;
  }
  descriptor.watched = true;
  descriptor.interest = interest;
  return true;
}

void Kernel::change_watch(int fd, os::Interest interest) {
  Descriptor& descriptor = descriptors_.at(static_cast<size_t>(fd));
  assert(descriptor.watched && "not in the epoll set");
  descriptor.interest = interest;
  if (descriptor.link == nullptr) return;
  descriptor.link->server_waits_for_room =
      wants(interest, os::Interest::kWrite);
}

std::optional<os::Interest> Kernel::interest_in(const Link& link) const {
  const auto number = static_cast<size_t>(link.number);
  if (number >= descriptor_of_link_.size()) return std::nullopt;
  const int fd = descriptor_of_link_[number];
  if (fd < 0) return std::nullopt;
  return descriptors_[static_cast<size_t>(fd)].interest;
}

size_t Kernel::wait(std::span<os::Ready> ready,
                    std::optional<base::Duration> limit) {
  // Work takes time, too: else a server with work left would stop the clock.
  if (random_.chance(0.2)) advance_to(now_ + base::Duration(1));
  witness_.before_sleep(limit && limit->count() == 0);
  if (random_.chance(faults.interrupted)) return 0;
  const auto until = limit ? std::optional(now_ + *limit) : std::nullopt;
  for (;;) {
    let_the_world_act();
    const size_t count = collect_ready(ready);
    if (count > 0 || (until && now_ >= *until)) return count;
    std::optional<base::Time> next = witness_.next_event();
    if (until && (!next || *until < *next)) next = until;
    if (!next || journal_.violated()) {
      journal_.violate(Journal::kNobody, "the server sleeps for ever");
      return 0;
    }
    advance_to(*next);
  }
}

void Kernel::advance_to(base::Time time) {
  now_ = std::max(now_, time);
  journal_.set_time(now_);
}

void Kernel::let_the_world_act() {
  for (auto next = witness_.next_event(); next && *next <= now_;
       next = witness_.next_event()) {
    witness_.act();
  }
}

os::Ready Kernel::readiness(int fd) const {
  const Descriptor& descriptor = descriptors_[static_cast<size_t>(fd)];
  os::Ready ready{fd, false, false, false};
  if (!descriptor.watched) return ready;
  if (descriptor.kind == DescriptorKind::kSignals) {
    ready.readable = signal_pending_;
  } else if (descriptor.kind == DescriptorKind::kListener) {
    ready.readable = !backlog_.empty();
  } else if (const Link* link = descriptor.link; link != nullptr) {
    ready.failed =
        link->server_reset || (link->up.finished() && link->down.finished());
    ready.readable = ready.failed || link->up.size() > 0 || link->up.finished();
    // As the kernel does, only once a good part of the buffer is free.
    ready.writable = ready.failed || link->down.finished() ||
                     link->down.room() * 3 >= link->down.capacity();
  }
  ready.readable &= wants(descriptor.interest, os::Interest::kRead);
  ready.writable &= wants(descriptor.interest, os::Interest::kWrite);
  return ready;
}

size_t Kernel::collect_ready(std::span<os::Ready> ready) {
  scratch_.clear();
  const int end = static_cast<int>(descriptors_.size());
  for (int fd = kFirstDescriptor; fd < end; ++fd) {
    const os::Ready state = readiness(fd);
    if (state.readable || state.writable || state.failed) {
      scratch_.push_back(state);
    }
  }
  if (random_.chance(faults.spurious)) add_spurious(scratch_);
  if (scratch_.empty()) return 0;
  for (size_t i = scratch_.size() - 1; i > 0; --i) {
    std::swap(scratch_[i], scratch_[random_.below(i + 1)]);
  }
  size_t count = std::min(scratch_.size(), ready.size());
  if (random_.chance(faults.partly_ready)) count = random_.between(1, count);
  std::copy_n(scratch_.begin(), count, ready.begin());
  look_for_spinning(count);
  return count;
}

void Kernel::add_spurious(std::vector<os::Ready>& all) {
  const size_t fd = random_.below(descriptors_.size());
  const Descriptor& descriptor = descriptors_[fd];
  if (!descriptor.watched) return;
  for (const os::Ready& ready : all) {
    if (ready.fd == static_cast<int>(fd)) return;
  }
  all.push_back({static_cast<int>(fd),
                 wants(descriptor.interest, os::Interest::kRead),
                 wants(descriptor.interest, os::Interest::kWrite), false});
}

void Kernel::look_for_spinning(size_t reported) {
  idle_reports_ = reported > 0 ? idle_reports_ + 1 : 0;
  if (idle_reports_ <= kMaxIdleReports) return;
  journal_.violate(Journal::kNobody,
                   "the server spins: it is told what is ready, again and "
                   "again, and does nothing about it");
}

// ---- memory and signals

bool Kernel::out_of_memory() {
  const double chance =
      memory_was_short_ ? faults.still_no_memory : faults.no_memory;
  memory_was_short_ = chance > 0 && random_.chance(chance);
  if (!memory_was_short_) return false;
  journal_.note("no memory for the server");
  witness_.on_no_memory();
  return true;
}

bool Kernel::take_signal() {
  if (!std::exchange(signal_pending_, false)) return false;
  journal_.note("server takes a signal");
  idle_reports_ = 0;
  witness_.on_signal();
  return true;
}

}  // namespace rivulet::sim

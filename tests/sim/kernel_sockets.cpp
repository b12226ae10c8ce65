// The sockets of the simulated kernel, from both ends.
#include <algorithm>
#include <utility>

#include "kernel.h"

namespace rivulet::sim {

using os::AcceptStatus;
using os::IoResult;
using os::IoStatus;

// ---- the server side

AcceptStatus Kernel::accept(int& fd) {
  (void)at(listener_, DescriptorKind::kListener);
  idle_reports_ = 0;
  if (backlog_.empty() || random_.chance(faults.none_waiting)) {
    return AcceptStatus::kNoneWaiting;
  }
  if (random_.chance(faults.aborted)) {
    Link& link = *backlog_.front();
    backlog_.pop_front();
    link.turned_away = link.server_closed = link.client_reset = true;
    journal_.note("accept: ECONNABORTED", link.number);
    return AcceptStatus::kTryAgain;
  }
  const bool refused = random_.chance(faults.no_descriptor);
  fd = refused ? -1 : open(DescriptorKind::kSocket);
  if (fd < 0) {
    journal_.note("accept: EMFILE", backlog_.front()->number);
    // Whoever is taken next may be taken only to be sent away.
    backlog_.front()->turned_away = true;
    return AcceptStatus::kNoDescriptors;
  }
  Link& link = *std::exchange(backlog_.front(), nullptr);
  backlog_.pop_front();
  at(fd, DescriptorKind::kSocket).link = &link;
  descriptor_of_link_[static_cast<size_t>(link.number)] = fd;
  journal_.note("accepted as descriptor", link.number,
                static_cast<uint64_t>(fd));
  witness_.on_accept(link);
  return AcceptStatus::kAccepted;
}

IoResult Kernel::broken(Link& link) {
  journal_.note("server sees a reset", link.number);
  witness_.on_broken(link);
  return {IoStatus::kBroken};
}

void Kernel::break_both(Link& link) {
  journal_.note("the network resets", link.number);
  link.server_reset = link.client_reset = true;
  link.down.discard();
}

IoResult Kernel::read(int fd, std::span<char> buffer) {
  Link& link = *at(fd, DescriptorKind::kSocket).link;
  assert(!buffer.empty());
  idle_reports_ = 0;
  if (random_.chance(faults.read_not_ready)) return {IoStatus::kNotReady};
  if (random_.chance(faults.reset)) break_both(link);
  if (link.up.size() > 0) {
    size_t size = std::min(link.up.size(), buffer.size());
    if (random_.chance(faults.short_read)) size = random_.of_any_size(1, size);
    std::copy_n(link.up.bytes().begin(), size, buffer.begin());
    link.up.take(size);
    const std::string_view bytes(buffer.data(), size);
    journal_.note_bytes("server reads", link.number, bytes);
    witness_.on_read(link, bytes);
    return {IoStatus::kDone, size};
  }
  if (link.server_reset) return broken(link);
  if (!link.up.finished()) return {IoStatus::kNotReady};
  journal_.note("server sees the end", link.number);
  witness_.on_peer_end(link);
  return {IoStatus::kEnd};
}

IoResult Kernel::write(int fd, std::span<const os::ConstBuffer> pieces) {
  Link& link = *at(fd, DescriptorKind::kSocket).link;
  assert(!pieces.empty() && pieces.size() <= os::Socket::kMaxPieces);
  idle_reports_ = 0;
  if (link.down.finished()) {
    journal_.violate(link.number, "the server writes after its own FIN");
  }
  if (random_.chance(faults.reset)) break_both(link);
  if (link.server_reset) return broken(link);
  size_t room = link.down.room();
  if (room == 0 || random_.chance(faults.write_not_ready)) {
    witness_.on_write(link, {});
    return {IoStatus::kNotReady};
  }
  if (random_.chance(faults.short_write)) room = random_.of_any_size(1, room);
  written_.clear();
  for (const os::ConstBuffer& piece : pieces) {
    const size_t size = std::min(piece.size, room - written_.size());
    written_.append(static_cast<const char*>(piece.data), size);
    if (written_.size() == room) break;
  }
  assert(!written_.empty());
  journal_.note_bytes("server writes", link.number, written_);
  if (link.client_closed) {
    link.server_reset = true;  // nobody is there: an RST comes back
  } else {
    link.down.put(written_);
  }
  witness_.on_write(link, written_);
  return {IoStatus::kDone, written_.size()};
}

void Kernel::shut_down(int fd) {
  Link& link = *at(fd, DescriptorKind::kSocket).link;
  idle_reports_ = 0;
  if (link.server_reset) return;
  journal_.note("server sends its FIN", link.number);
  link.down.finish();
  witness_.on_shutdown(link);
}

const Link& Kernel::link_of(int fd) {
  return *at(fd, DescriptorKind::kSocket).link;
}

void Kernel::close_socket(Link& link) {
  descriptor_of_link_[static_cast<size_t>(link.number)] = -1;
  journal_.note("server closes", link.number, link.up.size());
  link.server_closed = true;
  if (link.up.size() > 0 && !link.server_reset) {
    // A socket closed with unread input sends a reset, and that eats what the
    // client has not read yet.
    link.client_reset = true;
    link.down.discard();
  } else {
    link.down.finish();
  }
  link.up.discard();
  witness_.on_close(link);
}

// ---- the client side

Link* Kernel::connect(size_t up_capacity, size_t down_capacity,
                      uint64_t peer_group) {
  if (!listening() || backlog_.size() >= backlog) return nullptr;
  links_.push_back(std::make_unique<Link>(
      static_cast<int>(links_.size()), up_capacity, down_capacity, peer_group));
  descriptor_of_link_.push_back(-1);
  backlog_.push_back(links_.back().get());
  journal_.note("connects", links_.back()->number);
  return links_.back().get();
}

size_t Kernel::send(Link& link, std::string_view bytes) {
  assert(!link.client_closed && !link.up.finished());
  if (link.client_reset) return 0;
  if (link.server_closed) {
    link.client_reset = true;  // nobody is there: an RST comes back
    link.down.discard();
    return 0;
  }
  const size_t size = std::min(bytes.size(), link.up.room());
  link.up.put(bytes.substr(0, size));
  return size;
}

size_t Kernel::receive(Link& link, size_t most) {
  const size_t size = std::min(most, link.down.size());
  link.down.take(size);
  return size;
}

void Kernel::half_close(Link& link) {
  journal_.note("client sends its FIN", link.number);
  link.up.finish();
}

void Kernel::close_client(Link& link) {
  if (link.down.size() > 0) return reset(link);
  journal_.note("client closes", link.number);
  link.up.finish();
  link.client_closed = true;
}

void Kernel::reset(Link& link) {
  journal_.note("client resets", link.number);
  link.server_reset = link.client_closed = true;
  link.down.discard();
}

}  // namespace rivulet::sim

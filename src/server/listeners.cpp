#include "server/listeners.h"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "os/address.h"

namespace rivulet::server {
namespace {

constexpr std::string_view kAdminName = "admin";
constexpr std::string_view kIpv6Wildcard = "[::]:";

bool is_admin(const os::InheritedSocket& socket) {
  return socket.name == kAdminName;
}

bool is_ipv4_of_port(std::string_view address, std::string_view port) {
  return !address.starts_with("unix:") && !address.starts_with('[') &&
         address.substr(address.rfind(':') + 1) == port;
}

// An IPv6 wildcard takes IPv4 too, unless the same port is named with an IPv4
// address beside it: that is then the one for IPv4.
bool leaves_ipv4(const std::string& address,
                 const std::vector<std::string>& all) {
  const std::string text = os::to_string(os::parse_address(address));
  if (!text.starts_with(kIpv6Wildcard)) return false;
  const std::string_view port =
      std::string_view(text).substr(kIpv6Wildcard.size());
  return std::ranges::any_of(all, [port](const std::string& other) {
    return is_ipv4_of_port(os::to_string(os::parse_address(other)), port);
  });
}

}  // namespace

void Listeners::open(std::vector<os::InheritedSocket> inherited) {
  const Settings& settings = context_.settings;
  const auto admins = std::ranges::count_if(inherited, is_admin);
  const bool none_public = static_cast<size_t>(admins) == inherited.size();
  const bool separate = admins > 0 || !settings.admin_listen.empty();
  const auto kind = separate ? ListenerKind::kPublic : ListenerKind::kOnly;
  for (os::InheritedSocket& socket : inherited) {
    open_inherited(std::move(socket.fd),
                   is_admin(socket) ? ListenerKind::kAdmin : kind);
  }
  if (none_public) open_addresses(settings.listen, kind);
  if (admins == 0) open_addresses(settings.admin_listen, ListenerKind::kAdmin);
  for (const Acceptor* acceptor : acceptors_) acceptor->announce();
}

// Who asks an admin listener about a process must reach that one: so its port
// is never shared.
void Listeners::open_addresses(const Addresses& addresses, ListenerKind kind) {
  const Settings& settings = context_.settings;
  for (const std::string& address : addresses) {
    const os::ListenerOptions options{
        .mode = settings.socket_mode,
        .reuse_port = settings.reuse_port && kind != ListenerKind::kAdmin,
        .ipv6_only = leaves_ipv4(address, addresses)};
    add(std::make_unique<Acceptor>(context_, kind, address, options));
  }
}

void Listeners::open_inherited(os::UniqueFd socket, ListenerKind kind) {
  add(std::make_unique<Acceptor>(context_, kind, std::move(socket)));
}

void Listeners::add(std::unique_ptr<Acceptor> acceptor) {
  acceptors_.push_back(acceptor.get());
  const int fd = acceptor->fd();
  if (!context_.reactor.watch(fd, std::move(acceptor))) {
    throw std::runtime_error("the kernel has no memory for an epoll entry");
  }
  ++context_.own_handlers;
}

void Listeners::carry(base::State& state,
                      os::InheritedDescriptors* descriptors) {
  constexpr size_t kLeastOfAListener = 40;  // bytes
  const size_t count = state.count(acceptors_.size(), kLeastOfAListener);
  for (size_t i = 0; i < count; ++i) {
    uint64_t fd = 0;
    ListenerKind kind{};
    if (!state.loading()) {
      fd = static_cast<uint64_t>(acceptors_[i]->fd());
      kind = acceptors_[i]->kind();
    }
    state.number(fd);
    state.choice(kind, ListenerKind::kAdmin);
    if (state.loading()) {
      os::UniqueFd socket = descriptors->take(fd);
      state.require(socket.valid(), "a listener's descriptor is not there");
      open_inherited(std::move(socket), kind);
    }
    context_.reactor.carry(state, *acceptors_[i]);
    acceptors_[i]->file().carry(state);
  }
}

void Listeners::take_files() {
  for (Acceptor* acceptor : acceptors_) acceptor->file().take();
}

void Listeners::warn_when_open() const {
  for (const Acceptor* acceptor : acceptors_) acceptor->warn_when_open();
}

void Listeners::close() {
  for (Acceptor* acceptor : acceptors_) {
    context_.reactor.retire(*acceptor);
    --context_.own_handlers;
  }
  acceptors_.clear();
}

}  // namespace rivulet::server

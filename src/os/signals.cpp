#include "os/signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace rivulet::os {

SignalQueue::SignalQueue() {
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGTERM);
  sigaddset(&wanted, SIGINT);
  sigaddset(&wanted, SIGHUP);
  sigaddset(&wanted, SIGUSR2);
  ::sigprocmask(SIG_BLOCK, &wanted, nullptr);
  fd_.reset(::signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd_.valid()) {
    throw std::system_error(errno, std::generic_category(), "signalfd");
  }
}

std::optional<Signal> SignalQueue::next() const {
  signalfd_siginfo info{};
  if (::read(fd_.get(), &info, sizeof(info)) != sizeof(info)) {
    return std::nullopt;
  }
  if (info.ssi_signo == SIGUSR2) return Signal::kUpgrade;
  return info.ssi_signo == SIGHUP ? Signal::kReload : Signal::kTerminate;
}

}  // namespace rivulet::os

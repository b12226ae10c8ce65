#include "os/client.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "os/clock.h"
#include "os/socket.h"

namespace rivulet::os {
namespace {

constexpr std::string_view kTimedOut = "no answer in time";
constexpr size_t kReadSize = 1024;

std::string cannot_connect(int error) {
  return "cannot connect: " + std::generic_category().message(error);
}

// One connection, and until when it may take.
class Exchange {
 public:
  Exchange(UniqueFd fd, base::FineTime until)
      : socket_(std::move(fd)), until_(until) {}

  // Each answers what went wrong; empty when nothing did.
  std::string connect(const Address& address);
  std::string send(std::string_view question);
  std::string receive(std::string& bytes, size_t limit);

 private:
  bool wait_for(short event);

  Socket socket_;
  base::FineTime until_;
};

bool Exchange::wait_for(short event) {
  for (;;) {
    const auto left =
        std::chrono::ceil<base::Duration>(until_ - read_monotonic_clock());
    if (left <= base::Duration(0)) return false;
    pollfd entry{socket_.fd(), event, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

std::string Exchange::connect(const Address& address) {
  if (::connect(socket_.fd(), address.raw(), address.size) == 0) return "";
  if (errno != EINPROGRESS) return cannot_connect(errno);
  if (!wait_for(POLLOUT)) return std::string(kTimedOut);
  int error = 0;
  socklen_t size = sizeof(error);
  ::getsockopt(socket_.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? "" : cannot_connect(error);
}

std::string Exchange::send(std::string_view question) {
  while (!question.empty()) {
    const ConstBuffer piece{question.data(), question.size()};
    const IoResult result = socket_.write({&piece, 1});
    if (result.status == IoStatus::kDone) {
      question.remove_prefix(result.size);
    } else if (result.status != IoStatus::kNotReady) {
      return "the connection broke";
    } else if (!wait_for(POLLOUT)) {
      return std::string(kTimedOut);
    }
  }
  return "";
}

std::string Exchange::receive(std::string& bytes, size_t limit) {
  std::array<char, kReadSize> part{};
  for (;;) {
    const IoResult result = socket_.read(part);
    if (result.status == IoStatus::kEnd) return "";
    if (result.status == IoStatus::kBroken) return "the connection broke";
    if (result.status == IoStatus::kDone) {
      bytes.append(part.data(), std::min(result.size, limit - bytes.size()));
    }
    // Also when something came: one who never ends is out of time too.
    if (!wait_for(POLLIN)) return std::string(kTimedOut);
  }
}

}  // namespace

Answer ask(const Address& address, std::string_view question, size_t limit,
           base::Duration patience) {
  const int family = address.storage.ss_family;
  UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return {{}, cannot_connect(errno)};
  Exchange exchange(std::move(fd), read_monotonic_clock() + patience);
  Answer answer;
  answer.problem = exchange.connect(address);
  if (answer.problem.empty()) answer.problem = exchange.send(question);
  if (answer.problem.empty()) {
    answer.problem = exchange.receive(answer.bytes, limit);
  }
  return answer;
}

}  // namespace rivulet::os

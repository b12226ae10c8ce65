#include "os/resolver.h"

#include "os/ip_address.h"

// Nobody but Redis is looked up: so a static binary without Redis is spared the
// C library's part of it, which is 200 kB.
#ifdef RIVULET_WITH_REDIS
#include <netdb.h>

#include <array>

namespace rivulet::os {
namespace {

std::vector<std::string> addresses_of(const addrinfo* found) {
  std::vector<std::string> all;
  for (; found != nullptr; found = found->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    const int failed =
        ::getnameinfo(found->ai_addr, found->ai_addrlen, text.data(),
                      text.size(), nullptr, 0, NI_NUMERICHOST);
    if (failed == 0) all.emplace_back(text.data());
  }
  return all;
}

}  // namespace

// What the library's thread reads and writes until it is done: it stays where
// it is.
struct Resolver::Question {
  std::string host;
  addrinfo hints{};
  gaicb request{};
  int refused = 0;  // why it was not even asked
};

Resolver::Resolver(std::string_view host) : host_(host) {
  if (IpAddress::parse(host_)) return;
  question_ = std::make_unique<Question>();
  question_->host = host_;
  question_->hints.ai_socktype = SOCK_STREAM;
  question_->request.ar_name = question_->host.c_str();
  question_->request.ar_request = &question_->hints;
  std::array<gaicb*, 1> all{&question_->request};
  question_->refused = ::getaddrinfo_a(GAI_NOWAIT, all.data(), 1, nullptr);
}

// One that is being looked up cannot be taken back: then its few bytes are left
// to the library's thread for good. (Of one that has just been answered it says
// the same, while it tidies up: but it does not touch that any more.)
Resolver::~Resolver() {
  if (!question_) return;
  const bool busy = question_->refused == 0 &&
                    ::gai_error(&question_->request) == EAI_INPROGRESS;
  if (busy && ::gai_cancel(&question_->request) == EAI_NOTCANCELED) {
    [[maybe_unused]] Question* left = question_.release();
    return;
  }
  if (question_->request.ar_result != nullptr) {
    ::freeaddrinfo(question_->request.ar_result);
  }
}

std::optional<Resolver::Answer> Resolver::poll() {
  if (!question_) return Answer{.addresses = {host_}, .problem = {}};
  int status = question_->refused;
  if (status == 0) status = ::gai_error(&question_->request);
  if (status == EAI_INPROGRESS) return std::nullopt;
  if (status != 0) {
    return Answer{.addresses = {}, .problem = ::gai_strerror(status)};
  }
  Answer answer{.addresses = addresses_of(question_->request.ar_result),
                .problem = {}};
  if (answer.addresses.empty()) answer.problem = "it has no address";
  return answer;
}

}  // namespace rivulet::os

#else

namespace rivulet::os {

struct Resolver::Question {};

Resolver::Resolver(std::string_view host) : host_(host) {}

Resolver::~Resolver() = default;

std::optional<Resolver::Answer> Resolver::poll() {
  if (IpAddress::parse(host_)) return Answer{{host_}, {}};
  return Answer{{}, "this rivulet looks up no names"};
}

}  // namespace rivulet::os

#endif

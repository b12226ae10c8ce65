// From a host's name to its address, without waiting: the C library asks in a
// thread of its own (getaddrinfo_a(3)), and we look whether it has heard.
//
// For where the server is a client. It listens on addresses only
// (os/address.h).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rivulet::os {

class Resolver {
 public:
  // Asks at once. An address is its own answer.
  explicit Resolver(std::string_view host);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  struct Answer {
    std::vector<std::string> addresses;  // numeric, in the order of RFC 6724
    std::string problem;                 // why there are none; else empty
  };
  // The answer once it is there, nothing until then. Does not wait.
  [[nodiscard]] std::optional<Answer> poll();

 private:
  struct Question;
  std::string host_;
  std::unique_ptr<Question> question_;  // none for an address
};

}  // namespace rivulet::os

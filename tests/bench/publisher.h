// A connection that publishes: one POST at a time.
#pragma once

#include <fmt/format.h>
#include <sys/socket.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "reader.h"

namespace bench {

// The data of event `number`: its number, filled up to `size` bytes.
inline std::string event_data(uint32_t number, size_t size) {
  std::string data = fmt::format("{:0{}}", number, kDigits);
  if (data.size() < size) data.resize(size, 'x');
  return data;
}

// The same event as Rivulet sends it, for a server that sends on what it gets.
inline std::string event_frame(uint32_t number, size_t size) {
  const std::string event = fmt::format("data: {}\nid: 1a210e95b89-{}\n\n",
                                        event_data(number, size), number + 1);
  return fmt::format("{:x}\r\n{}\r\n", event.size(), event);
}

class Publisher {
 public:
  explicit Publisher(int fd) : fd_(fd) {}

  [[nodiscard]] int fd() const { return fd_; }

  // False when the connection does not take it.
  [[nodiscard]] bool post(std::string_view target, std::string_view body) {
    const std::string request = fmt::format(
        "POST {} HTTP/1.1\r\nHost: bench\r\nContent-Type: text/plain\r\n"
        "Content-Length: {}\r\n\r\n{}",
        target, body.size(), body);
    answer_.clear();
    const ssize_t size =
        ::send(fd_, request.data(), request.size(), MSG_NOSIGNAL);
    return size == static_cast<ssize_t>(request.size());
  }

  // True once the answer has come as a whole.
  [[nodiscard]] bool take(std::string_view bytes) {
    answer_ += bytes;
    const size_t head = answer_.find("\r\n\r\n");
    if (head == std::string::npos) return false;
    return answer_.size() >= head + 4 + content_length(answer_);
  }

  [[nodiscard]] bool accepted() const {
    return answer_.starts_with("HTTP/1.1 2");
  }
  [[nodiscard]] const std::string& answer() const { return answer_; }

 private:
  static size_t content_length(std::string_view head) {
    constexpr std::string_view kField = "\r\nContent-Length: ";
    const size_t at = head.find(kField);
    size_t length = 0;
    if (at == std::string_view::npos) return length;
    head.remove_prefix(at + kField.size());
    std::from_chars(head.data(), head.data() + head.size(), length);
    return length;
  }

  int fd_;
  std::string answer_;
};

}  // namespace bench

// Reads what a stream is sent, as it comes, and tells the number at the start
// of each event's data: the head, the chunked coding when the head names it,
// and `data:` lines. Of everything else only the line ends are looked for,
// because the load generator must be faster than the server that it measures.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

// The data of each event starts with a number of so many digits.
inline constexpr size_t kDigits = 10;

class Reader {
 public:
  // Calls on_event(number) for each event that `bytes` complete so far as to
  // tell its number.
  template <class OnEvent>
  void feed(std::string_view bytes, OnEvent&& on_event) {
    if (!head_read_) bytes = read_head(bytes);
    while (!bytes.empty()) {
      if (left_ == 0) {
        bytes = read_chunk_size(bytes);
        continue;
      }
      const std::string_view piece = bytes.substr(0, left_);
      read_lines(piece, on_event);
      if (chunked_) left_ -= piece.size();
      bytes.remove_prefix(piece.size());
    }
  }

  [[nodiscard]] bool head_read() const { return head_read_; }
  // Once the head has been read: whether its status is 200.
  [[nodiscard]] bool accepted() const { return accepted_; }

 private:
  static constexpr std::string_view kField = "data:";
  static constexpr size_t kNumberEnd = kField.size() + kDigits;
  static constexpr uint8_t kRestOfLine = 255;

  // What follows the head; nothing while it has not ended.
  std::string_view read_head(std::string_view bytes) {
    constexpr std::string_view kBlankLine = "\r\n\r\n";
    const size_t before = head_.size();
    head_ += bytes;
    const size_t end = head_.find(kBlankLine);
    if (end == std::string::npos) return {};
    bytes.remove_prefix(end + kBlankLine.size() - before);
    head_read_ = true;
    accepted_ = head_.starts_with("HTTP/1.1 200 ");
    chunked_ = head_.find("\r\nTransfer-Encoding: chunked") != head_.npos;
    left_ = chunked_ ? 0 : SIZE_MAX;
    head_ = std::string();
    return bytes;
  }

  // Also takes the line end that follows the chunk before.
  std::string_view read_chunk_size(std::string_view bytes) {
    while (!bytes.empty()) {
      const char c = bytes.front();
      bytes.remove_prefix(1);
      if (c == '\n') {
        left_ = size_;
        size_ = 0;
        if (left_ > 0) break;
      } else if (c != '\r') {
        size_ = size_ * 16 + hex_value(c);
      }
    }
    return bytes;
  }

  static size_t hex_value(char c) {
    return static_cast<size_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }

  template <class OnEvent>
  void read_lines(std::string_view text, OnEvent& on_event) {
    while (!text.empty()) {
      if (column_ == kRestOfLine) {
        const size_t end = text.find('\n');
        if (end == std::string_view::npos) return;
        text.remove_prefix(end + 1);
        column_ = 0;
        continue;
      }
      read_character(text.front());
      text.remove_prefix(1);
      if (column_ != kNumberEnd) continue;
      on_event(number_);
      column_ = kRestOfLine;
    }
  }

  // One of the first of a line. A blank or a quote may precede the number.
  void read_character(char c) {
    if (c == '\n') {
      column_ = 0;
    } else if (column_ < kField.size()) {
      column_ = c == kField[column_] ? column_ + 1 : kRestOfLine;
      number_ = 0;
    } else if (c >= '0' && c <= '9') {
      number_ = number_ * 10 + static_cast<uint32_t>(c - '0');
      ++column_;
    } else if (column_ != kField.size() || (c != ' ' && c != '"')) {
      column_ = kRestOfLine;
    }
  }

  std::string head_;
  size_t left_ = 0;  // of the chunk; without chunks there is no end
  size_t size_ = 0;  // of the next chunk, as far as it has been read
  uint32_t number_ = 0;
  uint8_t column_ = 0;
  bool head_read_ = false;
  bool accepted_ = false;
  bool chunked_ = false;
};

}  // namespace bench

// One simulated TCP connection, seen from the wire: bytes on their way in both
// directions, and what has happened to either end.
//
//   client ──── up ────> server
//          <─── down ───
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rivulet::sim {

// One direction: a bounded buffer, and a FIN after its last byte.
class Pipe {
 public:
  explicit Pipe(size_t capacity) : capacity_(capacity) {}

  [[nodiscard]] size_t capacity() const { return capacity_; }
  [[nodiscard]] size_t size() const { return bytes_.size() - taken_; }
  [[nodiscard]] size_t room() const { return capacity_ - size(); }
  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] std::string_view bytes() const {
    return std::string_view(bytes_).substr(taken_);
  }

  void put(std::string_view bytes) { bytes_ += bytes; }
  void finish() { finished_ = true; }
  void take(size_t size) {
    taken_ += size;
    if (taken_ == bytes_.size() || taken_ > capacity_) {
      bytes_.erase(0, taken_);
      taken_ = 0;
    }
  }
  void discard() {
    bytes_ = std::string();
    taken_ = 0;
  }

 private:
  size_t capacity_;
  std::string bytes_;
  size_t taken_ = 0;
  bool finished_ = false;
};

struct Link {
  Link(int the_number, size_t up_capacity, size_t down_capacity,
       uint64_t the_group)
      : number(the_number),
        group(the_group),
        up(up_capacity),
        down(down_capacity) {}

  int number;
  uint64_t group;  // of its client's address; 0: it has none
  Pipe up;
  Pipe down;
  // An RST has reached that end.
  bool server_reset = false;
  bool client_reset = false;
  // That end has closed its socket.
  bool server_closed = false;
  bool client_closed = false;
  // The server's socket is full, as far as it knows.
  bool server_waits_for_room = false;
  // The server had no descriptor or no memory for it.
  bool turned_away = false;
};

}  // namespace rivulet::sim

// Tests sse/output_queue.h: what waits for one socket, in order, to the byte.
// Taking events back: output_queue_drop_test.cpp.
#include "sse/output_queue.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include "../support/out_of_memory.h"

namespace rivulet::sse {
namespace {

using test::living_arrays;

std::string text_of(const os::ConstBuffer& piece) {
  return {static_cast<const char*>(piece.data), piece.size};
}

// The pieces that up to `room` of them hold.
std::vector<std::string> pieces_of(const OutputQueue& queue,
                                   size_t room = 100) {
  std::vector<os::ConstBuffer> pieces(room);
  const size_t count = queue.gather(pieces);
  REQUIRE(count <= room);
  std::vector<std::string> texts;
  for (size_t i = 0; i < count; ++i) texts.push_back(text_of(pieces[i]));
  return texts;
}

std::string waiting(const OutputQueue& queue) {
  std::string all;
  for (const std::string& piece : pieces_of(queue, 5000)) all += piece;
  return all;
}

using Pieces = std::vector<std::string>;

TEST_CASE("a new queue is empty") {
  const OutputQueue queue(Framing::kPlain);
  CHECK(queue.empty());
  CHECK(queue.bytes() == 0);
  CHECK(queue.framing() == Framing::kPlain);
  CHECK(pieces_of(queue).empty());
  CHECK(queue.gather({}) == 0);
}

TEST_CASE("frames wait in the order in which they came") {
  OutputQueue queue(Framing::kPlain);
  REQUIRE(queue.push(Frame::chunk("one")));
  CHECK(pieces_of(queue) == Pieces{"one"});
  REQUIRE(queue.push(Frame::chunk("two")));
  REQUIRE(queue.push(Frame::raw("three")));
  CHECK(pieces_of(queue) == Pieces{"one", "two", "three"});
  CHECK(queue.bytes() == 11);
  CHECK_FALSE(queue.empty());
}

TEST_CASE("the framing says which bytes of a frame wait") {
  OutputQueue queue(Framing::kChunked);
  REQUIRE(queue.push(Frame::raw("head")));
  REQUIRE(queue.push(Frame::chunk("one")));
  CHECK(pieces_of(queue) == Pieces{"head", "3\r\none\r\n"});
  CHECK(queue.bytes() == 12);
}

TEST_CASE("no more pieces are gathered than there is room for") {
  OutputQueue queue(Framing::kPlain);
  for (int i = 0; i < 5; ++i)
    REQUIRE(queue.push(Frame::raw(std::to_string(i))));
  CHECK(pieces_of(queue, 1) == Pieces{"0"});
  CHECK(pieces_of(queue, 3) == Pieces{"0", "1", "2"});
  CHECK(pieces_of(queue, 5).size() == 5);
  CHECK(pieces_of(queue, 6).size() == 5);
}

TEST_CASE("gathering changes nothing") {
  OutputQueue queue(Framing::kPlain);
  REQUIRE(queue.push(Frame::raw("one")));
  REQUIRE(queue.push(Frame::raw("two")));
  queue.consume(1);
  CHECK(pieces_of(queue) == Pieces{"ne", "two"});
  CHECK(pieces_of(queue) == Pieces{"ne", "two"});
  CHECK(queue.bytes() == 5);
}

TEST_CASE("nothing written leaves everything waiting") {
  OutputQueue queue(Framing::kPlain);
  queue.consume(0);
  CHECK(queue.empty());
  REQUIRE(queue.push(Frame::raw("one")));
  queue.consume(0);
  CHECK(pieces_of(queue) == Pieces{"one"});
}

TEST_CASE("a write may stop after any byte, twice") {
  for (const Framing framing : {Framing::kChunked, Framing::kPlain}) {
    const auto filled = [framing] {
      OutputQueue queue(framing);
      REQUIRE(queue.push(Frame::raw("head")));
      for (const std::string text : {"a", "bc", "def"}) {
        REQUIRE(queue.push(Frame::chunk(text)));
      }
      return queue;
    };
    const std::string all = waiting(filled());
    for (size_t first = 0; first <= all.size(); ++first) {
      for (size_t second = first; second <= all.size(); ++second) {
        OutputQueue queue = filled();
        queue.consume(first);
        REQUIRE(waiting(queue) == all.substr(first));
        queue.consume(second - first);
        REQUIRE(waiting(queue) == all.substr(second));
        REQUIRE(queue.bytes() == all.size() - second);
        REQUIRE(queue.empty() == (second == all.size()));
      }
    }
  }
}

TEST_CASE("a frame is let go as soon as its last byte is written") {
  const FrameRef first = Frame::raw("one");
  const FrameRef second = Frame::raw("two");
  OutputQueue queue(Framing::kPlain);
  REQUIRE(queue.push(first));
  REQUIRE(queue.push(second));
  queue.consume(2);
  CHECK(first->references == 2);
  queue.consume(1);
  CHECK(first->references == 1);
  CHECK(second->references == 2);
  queue.consume(3);
  CHECK(second->references == 1);
  CHECK(queue.empty());
}

TEST_CASE("a queue that goes away lets go of what waits, written or not") {
  const FrameRef frame = Frame::raw("frame");
  {
    OutputQueue queue(Framing::kPlain);
    for (int i = 0; i < 20; ++i) REQUIRE(queue.push(frame));
    queue.consume(7);
    CHECK(frame->references == 20);
  }
  CHECK(frame->references == 1);
}

TEST_CASE("the ring grows while its start is anywhere") {
  // Powers of two around which the ring doubles, from every starting place.
  for (size_t start = 0; start < 40; ++start) {
    OutputQueue queue(Framing::kPlain);
    REQUIRE(queue.push(Frame::raw("front")));
    REQUIRE(queue.push(Frame::raw("x")));
    queue.consume(5);
    for (size_t i = 0; i < start; ++i) {  // moves the start along the ring
      REQUIRE(queue.push(Frame::raw("x")));
      queue.consume(1);
    }
    std::string expected = "x";
    for (int i = 0; i < 70; ++i) {
      const std::string text = std::to_string(i) + ";";
      REQUIRE(queue.push(Frame::raw(text)));
      expected += text;
      REQUIRE(waiting(queue) == expected);
    }
    queue.consume(expected.size());
    REQUIRE(queue.empty());
  }
}

TEST_CASE("an emptied queue starts over") {
  OutputQueue queue(Framing::kPlain);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 30; ++i) REQUIRE(queue.push(Frame::raw("ab")));
    queue.consume(59);
    CHECK(waiting(queue) == "b");
    queue.consume(1);
    CHECK(queue.empty());
    CHECK(queue.bytes() == 0);
    CHECK(pieces_of(queue).empty());
  }
}

TEST_CASE(
    "one frame needs no storage, many share one ring, none give it back") {
  const FrameRef frame = Frame::raw("ab");
  OutputQueue queue(Framing::kPlain);
  const size_t before = living_arrays();
  for (int round = 0; round < 2; ++round) {
    REQUIRE(queue.push(frame));
    CHECK(living_arrays() == before);
    REQUIRE(queue.push(frame));
    CHECK(living_arrays() == before + 1);
    for (int i = 2; i < 100; ++i) REQUIRE(queue.push(frame));
    CHECK(living_arrays() == before + 1);
    queue.consume(queue.bytes() - 1);
    CHECK(living_arrays() == before + 1);
    queue.consume(1);
    CHECK(living_arrays() == before);
  }
}

TEST_CASE("a frame that there is no memory for changes nothing") {
  OutputQueue queue(Framing::kPlain);
  {
    const test::NoMemoryForArrays full;
    REQUIRE(queue.push(Frame::raw("a")));
    CHECK_FALSE(queue.push(Frame::raw("b")));
  }
  CHECK(waiting(queue) == "a");
  CHECK(queue.bytes() == 1);
  REQUIRE(queue.push(Frame::raw("c")));
  CHECK(waiting(queue) == "ac");
}

// A queue beside the simplest thing that does the same.
struct Model {
  explicit Model(Framing framing) : queue(framing) {}

  void push(const std::string& text) {
    const FrameRef frame = Frame::chunk(text);
    REQUIRE(queue.push(frame));
    const std::string_view added = frame->bytes(queue.framing());
    expected.emplace_back(added);
    total += added.size();
  }

  void consume(size_t size) {
    queue.consume(size);
    total -= size;
    while (size > 0) {
      const size_t part = std::min(size, expected.front().size());
      expected.front().erase(0, part);
      if (expected.front().empty()) expected.pop_front();
      size -= part;
    }
  }

  void check(size_t room) const {
    REQUIRE(queue.bytes() == total);
    REQUIRE(queue.empty() == expected.empty());
    const size_t count = std::min(room, expected.size());
    const auto end = expected.begin() + static_cast<std::ptrdiff_t>(count);
    REQUIRE(pieces_of(queue, room) == Pieces(expected.begin(), end));
  }

  OutputQueue queue;
  std::deque<std::string> expected;
  size_t total = 0;
};

TEST_CASE("under any schedule a queue holds what a deque would") {
  for (const uint32_t seed : {1U, 2U, 3U, 4U, 5U, 6U}) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    Model model(seed % 2 == 0 ? Framing::kChunked : Framing::kPlain);
    for (int step = 0; step < 4'000; ++step) {
      // Phases in which the queue mostly grows, and mostly shrinks.
      const bool growing = (step / 400) % 2 == 0;
      if (random() % 4 < (growing ? 3U : 1U)) {
        model.push(std::string(1 + random() % 20,
                               static_cast<char>('a' + random() % 26)));
      } else if (random() % 50 == 0) {
        model.consume(model.total);
      } else {
        const size_t most = std::min<size_t>(model.total, 60);
        model.consume(random() % (most + 1));
      }
      model.check(1 + random() % 70);
    }
    model.consume(model.total);
    model.check(1);
  }
}

TEST_CASE("a frame for which there is no memory leaves the queue as it was") {
  constexpr int kFrames = 20;  // the ring grows twice
  test::at_each_allocation([](test::Fault& fault) {
    OutputQueue queue(Framing::kPlain);
    const FrameRef frame = Frame::chunk("text");
    int pushed = 0;
    fault.during([&] {
      for (int n = 0; n < kFrames; ++n) pushed += queue.push(frame) ? 1 : 0;
    });
    CHECK((pushed == kFrames) == !fault.struck);
    CHECK(frame->references == static_cast<uint32_t>(pushed) + 1);
    CHECK(queue.bytes() == static_cast<size_t>(pushed) * 4);
    CHECK(pieces_of(queue).size() == static_cast<size_t>(pushed));
    queue.consume(queue.bytes());
    CHECK(queue.empty());
    CHECK(frame->references == 1);
  });
}

}  // namespace
}  // namespace rivulet::sse

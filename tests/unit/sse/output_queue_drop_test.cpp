// Tests sse/output_queue.h: which events wait behind the front frame, and that
// they can be taken back.
#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include "sse/output_queue.h"

namespace rivulet::sse {
namespace {

FrameRef event(uint64_t sequence, std::string_view data = "x") {
  return encode_event({.name = {}, .data = data}, sequence);
}

std::string waiting(const OutputQueue& queue) {
  std::vector<os::ConstBuffer> pieces(5'000);
  const size_t count = queue.gather(pieces);
  std::string all;
  for (size_t i = 0; i < count; ++i) {
    all.append(static_cast<const char*>(pieces[i].data), pieces[i].size);
  }
  return all;
}

// How many events the queue gives back.
size_t dropped(OutputQueue& queue) {
  const size_t before = queue.frames();
  queue.drop_waiting_events();
  return before - queue.frames();
}

TEST_CASE("no event waits in an empty queue, nor behind a front alone") {
  OutputQueue queue(Framing::kPlain);
  CHECK(queue.first_waiting_event() == 0);
  CHECK(dropped(queue) == 0);
  REQUIRE(queue.push(event(1)));
  CHECK(queue.first_waiting_event() == 0);
  CHECK(dropped(queue) == 0);
  CHECK(queue.frames() == 1);
}

TEST_CASE("the first event behind the front is told, and all from it dropped") {
  OutputQueue queue(Framing::kPlain);
  for (uint64_t n = 5; n < 9; ++n) REQUIRE(queue.push(event(n)));
  CHECK(queue.first_waiting_event() == 6);
  CHECK(dropped(queue) == 3);
  CHECK(queue.first_waiting_event() == 0);
  CHECK(queue.frames() == 1);
  CHECK(queue.bytes() == event(5)->plain().size());
  CHECK(waiting(queue) == event(5)->plain());
}

TEST_CASE("a front that is half written stays as it is") {
  OutputQueue queue(Framing::kChunked);
  for (uint64_t n = 1; n < 4; ++n) REQUIRE(queue.push(event(n)));
  queue.consume(4);
  CHECK(dropped(queue) == 2);
  CHECK(waiting(queue) == event(1)->chunked().substr(4));
  CHECK(queue.bytes() == event(1)->chunked().size() - 4);
}

TEST_CASE("what is no event stays: a head, an opening, a gap") {
  OutputQueue queue(Framing::kPlain);
  REQUIRE(queue.push(Frame::raw("head;")));
  REQUIRE(queue.push(Frame::raw("opening;")));
  REQUIRE(queue.push(Frame::raw("gap;")));
  CHECK(queue.first_waiting_event() == 0);
  CHECK(dropped(queue) == 0);
  for (uint64_t n = 7; n < 10; ++n) REQUIRE(queue.push(event(n)));
  CHECK(queue.first_waiting_event() == 7);
  CHECK(dropped(queue) == 3);
  CHECK(waiting(queue) == "head;opening;gap;");
}

TEST_CASE("dropped events are let go of") {
  const FrameRef front = event(1);
  const FrameRef second = event(2);
  OutputQueue queue(Framing::kPlain);
  REQUIRE(queue.push(front));
  REQUIRE(queue.push(second));
  CHECK(second->references == 2);
  CHECK(dropped(queue) == 1);
  CHECK(second->references == 1);
  CHECK(front->references == 2);
  CHECK(queue.cost() > queue.bytes());
}

TEST_CASE("a queue goes on after a drop as before it") {
  OutputQueue queue(Framing::kPlain);
  std::string expected = std::string(event(1)->plain());
  REQUIRE(queue.push(event(1)));
  for (uint64_t round = 0; round < 10; ++round) {
    for (uint64_t n = 0; n < 20; ++n) REQUIRE(queue.push(event(2 + n)));
    CHECK(dropped(queue) == 20);
    CHECK(waiting(queue) == expected);
  }
  REQUIRE(queue.push(event(2)));
  expected += event(2)->plain();
  CHECK(waiting(queue) == expected);
  queue.consume(expected.size());
  CHECK(queue.empty());
}

TEST_CASE("under any schedule with drops a queue holds what a deque would") {
  for (const uint32_t seed : {1U, 2U, 3U, 4U}) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    OutputQueue queue(Framing::kPlain);
    std::deque<FrameRef> model;
    size_t written = 0;  // of the first
    uint64_t sequence = 0;
    for (int step = 0; step < 5'000; ++step) {
      const auto dice = random() % 100;
      if (dice < 60) {
        model.push_back(event(++sequence, std::string(random() % 30, 'x')));
        REQUIRE(queue.push(model.back()));
      } else if (dice < 98) {
        size_t size = std::min<size_t>(queue.bytes(), random() % 60);
        queue.consume(size);
        while (size > 0 && written + size >= model.front()->plain().size()) {
          size -= model.front()->plain().size() - written;
          model.pop_front();
          written = 0;
        }
        written += size;
      } else {
        const size_t given_back = model.empty() ? 0 : model.size() - 1;
        REQUIRE(dropped(queue) == given_back);
        model.resize(model.size() - given_back);
      }
      std::string expected;
      for (const FrameRef& frame : model) expected += frame->plain();
      REQUIRE(waiting(queue) == expected.substr(written));
      REQUIRE(queue.frames() == model.size());
      REQUIRE(queue.first_waiting_event() ==
              (model.size() > 1 ? model[1]->sequence() : 0));
    }
  }
}

}  // namespace
}  // namespace rivulet::sse

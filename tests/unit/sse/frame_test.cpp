// Tests sse/frame.h: the bytes of an event on the wire, exactly.
#include "sse/frame.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <random>
#include <string>
#include <vector>

namespace rivulet::sse {
namespace {

// The frame of an event with only data.
std::string plain(std::string_view data) {
  return std::string(
      encode_event({.name = {}, .data = data, .id = {}})->plain());
}

TEST_CASE("an event is its fields in their order and a blank line") {
  CHECK(plain("hello") == "data: hello\n\n");
  CHECK(encode_event({.name = "status", .data = "a", .id = {}})->plain() ==
        "event: status\ndata: a\n\n");
  CHECK(encode_event({.name = {}, .data = "a", .id = "7-1"})->plain() ==
        "data: a\nid: 7-1\n\n");
  CHECK(
      encode_event({.name = "status", .data = "a\nb", .id = "7-1"})->plain() ==
      "event: status\ndata: a\ndata: b\nid: 7-1\n\n");
}

TEST_CASE("data of nothing is one empty line, which clients dispatch") {
  CHECK(plain("") == "data: \n\n");
}

TEST_CASE("CR, LF and CRLF each end a line of data") {
  CHECK(plain("a\nb") == "data: a\ndata: b\n\n");
  CHECK(plain("a\rb") == "data: a\ndata: b\n\n");
  CHECK(plain("a\r\nb") == "data: a\ndata: b\n\n");
  CHECK(plain("a\n\rb") == "data: a\ndata: \ndata: b\n\n");
  CHECK(plain("a\r\r\nb") == "data: a\ndata: \ndata: b\n\n");
  CHECK(plain("a\n\nb") == "data: a\ndata: \ndata: b\n\n");
  CHECK(plain("a\r\n\r\nb") == "data: a\ndata: \ndata: b\n\n");
}

TEST_CASE("a line end at either side of data is an empty line there") {
  CHECK(plain("a\n") == "data: a\ndata: \n\n");
  CHECK(plain("a\r") == "data: a\ndata: \n\n");
  CHECK(plain("a\r\n") == "data: a\ndata: \n\n");
  CHECK(plain("\na") == "data: \ndata: a\n\n");
  CHECK(plain("\n") == "data: \ndata: \n\n");
  CHECK(plain("\r\n\n") == "data: \ndata: \ndata: \n\n");
}

TEST_CASE("spaces, colons and other scripts in data stay as they are") {
  CHECK(plain(" a ") == "data:  a \n\n");
  CHECK(plain(": a") == "data: : a\n\n");
  CHECK(plain("data: a") == "data: data: a\n\n");
  CHECK(plain("olá 🦀\t\u2028\u0085") ==
        "data: olá 🦀\t\u2028\u0085\n\n");
}

TEST_CASE("no data can add a field or end an event") {
  CHECK(plain("a\nevent: x\n\ndata: y") ==
        "data: a\ndata: event: x\ndata: \ndata: data: y\n\n");
  CHECK(plain("a\rid: 1\r\rretry: 1") ==
        "data: a\ndata: id: 1\ndata: \ndata: retry: 1\n\n");
}

// What a client makes of an event: the HTML standard's algorithm (§9.2.6) for
// the only field that a random test sets.
std::string data_of(std::string_view event) {
  REQUIRE(event.ends_with("\n\n"));
  event.remove_suffix(1);
  std::string data;
  while (!event.empty()) {
    const size_t end = event.find('\n');
    const std::string_view line = event.substr(0, end);
    REQUIRE(line.starts_with("data: "));
    REQUIRE(line.find('\r') == std::string_view::npos);
    data += std::string(line.substr(6)) + "\n";
    event.remove_prefix(end + 1);
  }
  data.pop_back();
  return data;
}

// `data` with every line end written as LF.
std::string normalized(std::string_view data) {
  std::string out;
  for (size_t i = 0; i < data.size(); ++i) {
    if (data[i] != '\r') {
      out += data[i];
    } else if (i + 1 == data.size() || data[i + 1] != '\n') {
      out += '\n';
    }
  }
  return out;
}

TEST_CASE("a client gets the data that was sent, with LF for every line end") {
  std::mt19937 random(5);
  constexpr std::string_view kDice = "\r\r\n\n: ab";
  for (int round = 0; round < 5'000; ++round) {
    std::string data;
    for (size_t size = random() % 12; size > 0; --size) {
      data += kDice[random() % kDice.size()];
    }
    CAPTURE(data);
    REQUIRE(data_of(plain(data)) == normalized(data));
  }
}

TEST_CASE("the longest event is encoded whole") {
  const std::string data(size_t{16} << 20, 'x');
  CHECK(plain(data) == "data: " + data + "\n\n");
}

TEST_CASE("a frame is one chunk, and plain is what is in it") {
  for (const size_t size : {size_t{1}, size_t{15}, size_t{16}, size_t{255},
                            size_t{256}, size_t{65535}, size_t{65536}}) {
    const std::string payload(size, 'p');
    const FrameRef frame = Frame::chunk(payload);
    CHECK(frame->plain() == payload);
    CHECK(frame->chunked() == fmt::format("{:x}\r\n{}\r\n", size, payload));
    CHECK(frame->bytes(Framing::kPlain) == frame->plain());
    CHECK(frame->bytes(Framing::kChunked) == frame->chunked());
  }
}

TEST_CASE("plain bytes lie within the chunked ones: nothing is kept twice") {
  const FrameRef frame = Frame::chunk("payload");
  CHECK(frame->plain().data() == frame->chunked().data() + 3);
}

TEST_CASE("the events of a chunked stream are what the drawing shows") {
  CHECK(encode_event({.name = {}, .data = "hello", .id = {}})->chunked() ==
        "d\r\ndata: hello\n\n\r\n");
}

TEST_CASE("raw bytes are the same in both framings") {
  const FrameRef frame = Frame::raw("0\r\n\r\n");
  CHECK(frame->chunked() == "0\r\n\r\n");
  CHECK(frame->plain() == "0\r\n\r\n");
}

TEST_CASE("a comment is one line, with no blank line after it") {
  CHECK(encode_comment("")->plain() == ":\n");
  CHECK(encode_comment("")->chunked() == "2\r\n:\n\r\n");
  CHECK(encode_comment(" still here")->plain() == ": still here\n");
}

TEST_CASE("a stream opens with the time to reconnect and a comment") {
  CHECK(encode_opening(3000)->plain() == "retry: 3000\n: rivulet\n");
  CHECK(encode_opening(0)->plain() == "retry: 0\n: rivulet\n");
}

TEST_CASE("the chunk that ends a stream goes out as it is") {
  CHECK(Frame::raw(kLastChunk)->bytes(Framing::kChunked) == "0\r\n\r\n");
}

TEST_CASE("references share the bytes of one frame") {
  const FrameRef frame = Frame::chunk("x");
  const std::vector<FrameRef> queues(100, frame);
  CHECK(frame->references == 101);
  for (const FrameRef& other : queues) {
    CHECK(other->chunked().data() == frame->chunked().data());
  }
}

}  // namespace
}  // namespace rivulet::sse

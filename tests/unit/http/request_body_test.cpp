// Tests http/request_parser.h past the head: it stops there, is told how much
// body to take, and shows it piece by piece.
#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "http/request_parser.h"

namespace rivulet::http {
namespace {

using namespace std::string_literals;
using State = RequestParser::State;

constexpr uint64_t kRoomy = 1'000;

std::string with_length(std::string_view body, std::string_view fields = {}) {
  return "POST /a HTTP/1.1\r\nHost: h\r\n" + std::string(fields) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

const std::string kChunkedHead =
    "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

// A request fed in pieces, its body accepted up to `limit`.
struct Fed {
  Fed(const std::string& bytes, uint64_t limit, size_t piece) {
    std::string_view rest = bytes;
    while (!rest.empty() && parser.state() != State::kRefused &&
           parser.state() != State::kComplete) {
      const size_t size = parser.feed(rest.substr(0, piece));
      if (parser.state() == State::kHeadRead) {
        parser.accept_body(limit);
      } else {
        body += parser.body_piece();
      }
      rest.remove_prefix(size);
      used += size;
    }
  }
  [[nodiscard]] int refusal() const {
    return parser.state() == State::kRefused
               ? static_cast<int>(parser.refusal().status)
               : 0;
  }

  RequestLimits limits;
  RequestParser parser{limits};
  std::string body;
  size_t used = 0;
};

constexpr std::array<size_t, 5> kPieces{1, 2, 3, 7, 100'000};

TEST_CASE("a parser stops at the end of the head, whatever follows") {
  const std::string request = with_length("hello");
  const RequestLimits limits;
  RequestParser parser(limits);
  const size_t head = request.size() - 5;
  CHECK(parser.feed(request) == head);
  CHECK(parser.state() == State::kHeadRead);
  CHECK(parser.body_piece().empty());
  CHECK(parser.request().content_length() == 5);
  CHECK(parser.feed("hello") == 0);
  CHECK(parser.state() == State::kHeadRead);
  parser.accept_body(kRoomy);
  CHECK(parser.state() == State::kBody);
  CHECK(parser.body_limit() == kRoomy);
  CHECK(parser.feed("helloGET") == 5);
  CHECK(parser.body_piece() == "hello");
  CHECK(parser.body_bytes() == 5);
  CHECK(parser.state() == State::kComplete);
}

TEST_CASE("a request without a body is complete once its body is accepted") {
  for (const std::string& request :
       {"GET / HTTP/1.1\r\nHost: h\r\n\r\n"s, with_length("")}) {
    const RequestLimits limits;
    RequestParser parser(limits);
    CHECK(parser.feed(request) == request.size());
    CHECK(parser.state() == State::kHeadRead);
    parser.accept_body(0);
    CHECK(parser.state() == State::kComplete);
    CHECK(parser.feed("x") == 0);
  }
}

TEST_CASE("a body is shown as it comes, each byte once") {
  for (const size_t piece : kPieces) {
    CAPTURE(piece);
    const Fed by_length(with_length("hello, world") + "GET", kRoomy, piece);
    CHECK(by_length.parser.state() == State::kComplete);
    CHECK(by_length.body == "hello, world");
    const std::string chunks =
        kChunkedHead + "5\r\nhello\r\n7;x=y\r\n, world\r\n0\r\nt: u\r\n\r\n";
    const Fed chunked(chunks + "GET", kRoomy, piece);
    CHECK(chunked.parser.state() == State::kComplete);
    CHECK(chunked.body == "hello, world");
    CHECK(chunked.parser.body_bytes() == 12);
    CHECK(chunked.used == chunks.size());
  }
}

TEST_CASE("a piece of a body is a part of what was fed") {
  const RequestLimits limits;
  RequestParser parser(limits);
  REQUIRE(parser.feed(kChunkedHead) == kChunkedHead.size());
  parser.accept_body(kRoomy);
  const std::string input = "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  std::string_view rest = input;
  std::string body;
  while (parser.state() == State::kBody) {
    const size_t used = parser.feed(rest);
    REQUIRE(used > 0);
    const std::string_view piece = parser.body_piece();
    if (!piece.empty()) {
      CHECK(piece.data() >= rest.data());
      CHECK(piece.data() + piece.size() <= rest.data() + used);
    }
    body += piece;
    rest.remove_prefix(used);
  }
  CHECK(body == "abcde");
}

TEST_CASE("a length is held against the limit before any of the body") {
  CHECK(Fed(with_length("hello"), 6, 100).refusal() == 0);
  CHECK(Fed(with_length("hello"), 5, 100).refusal() == 0);
  const Fed above(with_length("hello"), 4, 100);
  CHECK(above.refusal() == 413);
  CHECK(above.used == with_length("hello").size() - 5);
  CHECK(above.body.empty());
  CHECK(above.parser.refusal().reason.find("4 bytes") != std::string::npos);
}

TEST_CASE("a chunked body is held against the limit as it comes") {
  const std::string body = "2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n";
  for (const size_t piece : kPieces) {
    CAPTURE(piece);
    CHECK(Fed(kChunkedHead + body, 6, piece).refusal() == 0);
    CHECK(Fed(kChunkedHead + body, 5, piece).refusal() == 0);
    CHECK(Fed(kChunkedHead + body, 4, piece).refusal() == 413);
    CHECK(Fed(kChunkedHead + "0\r\n\r\n", 0, piece).refusal() == 0);
    CHECK(Fed(kChunkedHead + body, 0, piece).refusal() == 413);
  }
}

TEST_CASE("a body without a limit goes on and on") {
  const RequestLimits limits;
  RequestParser parser(limits);
  REQUIRE(parser.feed(kChunkedHead) == kChunkedHead.size());
  parser.accept_body(RequestParser::kUnlimited);
  const std::string data(60'000, 'x');
  for (int n = 0; n < 100; ++n) {
    std::string chunk = "ea60\r\n" + data + "\r\n";
    std::string_view rest = chunk;
    while (!rest.empty()) rest.remove_prefix(parser.feed(rest));
    REQUIRE(parser.state() == State::kBody);
  }
  CHECK(parser.body_bytes() == 6'000'000);
  CHECK(parser.feed("0\r\n\r\n") > 0);
}

TEST_CASE("what is wrong in a chunked body is refused after what was right") {
  for (const size_t piece : kPieces) {
    const Fed fed(kChunkedHead + "3\r\nabc\r\nx\r\n", kRoomy, piece);
    CHECK(fed.refusal() == 400);
    CHECK(fed.body == "abc");
  }
}

TEST_CASE("100 Continue is wanted between the head and the body only") {
  const std::string request = with_length("hello", "Expect: 100-continue\r\n");
  const RequestLimits limits;
  RequestParser parser(limits);
  const size_t head = parser.feed(request);
  CHECK_FALSE(parser.continue_wanted());
  parser.accept_body(kRoomy);
  CHECK(parser.continue_wanted());
  (void)parser.feed(request.substr(head, 1));
  CHECK_FALSE(parser.continue_wanted());
}

TEST_CASE("100 Continue is not wanted for a body that is not taken") {
  const std::string request = with_length("hello", "Expect: 100-continue\r\n");
  const RequestLimits limits;
  RequestParser parser(limits);
  (void)parser.feed(request);
  parser.accept_body(4);
  CHECK(parser.state() == State::kRefused);
  CHECK_FALSE(parser.continue_wanted());
}

}  // namespace
}  // namespace rivulet::http

// Tests http/chunked.h: the chunked coding, read strictly.
#include "http/chunked.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <string>

namespace rivulet::http {
namespace {

using namespace std::string_literals;

struct Decoded {
  bool done = false;
  int status = 0;  // of the refusal, 0 when it is none
  size_t used = 0;
  std::string data;
  bool operator==(const Decoded&) const = default;
};

Decoded decode_in_pieces(std::string_view input, size_t piece,
                         const RequestLimits& limits) {
  ChunkedDecoder decoder;
  Decoded result;
  while (!input.empty() && !decoder.done() && !decoder.refused()) {
    const std::string front(input.substr(0, piece));
    const ChunkedDecoder::Taken taken = decoder.feed(front, limits);
    REQUIRE((taken.bytes > 0 || decoder.refused()));
    REQUIRE(taken.bytes <= front.size());
    REQUIRE(taken.data.size() <= taken.bytes);
    result.data += taken.data;
    result.used += taken.bytes;
    input.remove_prefix(taken.bytes);
  }
  result.done = decoder.done();
  if (decoder.refused()) {
    result.status = static_cast<int>(decoder.refusal().status);
    CHECK_FALSE(decoder.refusal().reason.empty());
  }
  return result;
}

Decoded decode(std::string_view input, const RequestLimits& limits = {}) {
  const Decoded whole = decode_in_pieces(input, input.size(), limits);
  CHECK(decode_in_pieces(input, 1, limits) == whole);
  CHECK(decode_in_pieces(input, 3, limits) == whole);
  return whole;
}

TEST_CASE("chunks come to their data, and nothing past the end is taken") {
  const std::string body =
      "5\r\nhello\r\n1\r\n,\r\nA\r\n0123456789\r\n0\r\n\r\n";
  const Decoded decoded = decode(body + "GET / HTTP/1.1\r\n");
  CHECK(decoded == Decoded{true, 0, body.size(), "hello,0123456789"});
}

TEST_CASE("an empty body is its last chunk alone") {
  CHECK(decode("0\r\n\r\nX") == Decoded{true, 0, 5, ""});
  CHECK(decode("000\r\n\r\n").done);
}

TEST_CASE("a body that is not over is neither done nor refused") {
  const std::string body = "5;a=b\r\nhello\r\n0\r\na: b\r\n\r\n";
  for (size_t size = 0; size < body.size(); ++size) {
    const Decoded decoded = decode(body.substr(0, size));
    CHECK_FALSE(decoded.done);
    CHECK(decoded.status == 0);
    CHECK(decoded.used == size);
  }
}

TEST_CASE("data may look like framing") {
  CHECK(decode("7\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n").data == "0\r\n\r\n\r\n");
}

TEST_CASE("sizes are hexadecimal in either case, with zeros in front") {
  const std::string data(0xAB, 'x');
  for (const std::string size : {"ab", "AB", "aB", "0ab", "0000000000000ab"}) {
    CAPTURE(size);
    CHECK(decode(size + "\r\n" + data + "\r\n0\r\n\r\n").data == data);
  }
}

TEST_CASE("a size may have zeros in front, up to 32 digits") {
  const std::string tail = "1\r\nx\r\n0\r\n\r\n";
  CHECK(decode(std::string(15, '0') + tail).done);
  CHECK(decode(std::string(31, '0') + tail).done);
  CHECK(decode(std::string(32, '0') + tail).status == 400);
}

TEST_CASE("a size past 2^56 is refused before it can overflow") {
  CHECK(decode("100000000000000\r\nx").status == 0);
  CHECK(decode("100000000000001\r\nx").status == 400);
  CHECK(decode("10000000000000000\r\nx").status == 400);
  CHECK(decode("ffffffffffffffffffffffff\r\nx").status == 400);
}

TEST_CASE("every chunk starts its digits anew, extensions share their limit") {
  RequestLimits limits;
  limits.chunk_extension_bytes = 25;
  std::string body;
  for (int i = 0; i < 5; ++i) body += "0000000000001;abcd\r\nx\r\n";
  const Decoded decoded = decode(body + "0\r\n\r\n", limits);
  CHECK(decoded.done);
  CHECK(decoded.data == "xxxxx");
  CHECK(decode(body + "0;\r\n\r\n", limits).status == 400);
}

TEST_CASE("a size line of another shape is refused") {
  for (const std::string body :
       {"\r\n",        "\r\n0\r\n\r\n", " 5\r\nhello",  "\t5\r\nhello",
        "x\r\n",       "-1\r\n",        "+5\r\nhello",  "0x5\r\nhello",
        "5h\r\nhello", "5 \r\nhello",   "5\t\r\nhello", "5 5\r\nhello",
        "5\nhello",    "5\rhello",      "5\r\rhello",   "5\r \nhello",
        "5,\r\nhello", ";a\r\n",        "\n5\r\nhello", "5\n\r\nhello"}) {
    CAPTURE(body);
    CHECK(decode(body).status == 400);
  }
  CHECK(decode("5\0\r\nhello"s).status == 400);
}

TEST_CASE("data must be followed by CR LF and nothing else") {
  for (const std::string body :
       {"5\r\nhello0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhello\r0\r\n\r\n",
        "5\r\nhello\r\r\n0\r\n\r\n", "5\r\nhello!\r\n0\r\n\r\n",
        "5\r\nhello \r\n0\r\n\r\n", "5\r\nhello\r\n\r\n0\r\n\r\n"}) {
    CAPTURE(body);
    CHECK(decode(body).status == 400);
  }
}

TEST_CASE("a refusal tells the end of a size from the end of a chunk") {
  const auto reason_of = [](std::string_view input) {
    ChunkedDecoder decoder;
    while (!decoder.refused()) {
      input.remove_prefix(decoder.feed(input, RequestLimits{}).bytes);
    }
    return decoder.refusal().reason;
  };
  CHECK(reason_of("5\rhello") == "a chunk's size must end with CR LF");
  CHECK(reason_of("5;a\rhello") == "a chunk's size must end with CR LF");
  CHECK(reason_of("5\r\nhello0\r\n") == "a chunk must end with CR LF");
  CHECK(reason_of("5\r\nhello\r0") == "a chunk must end with CR LF");
}

TEST_CASE("the last chunk must be ended as the others are") {
  for (const std::string body :
       {"0\n\r\n", "0\r\r\n", "0\r\n\n", "0\r\n\rX", "0\rX",
        "0\r\n X: y\r\n\r\n", "0\r\nX : y\r\n\r\n"}) {
    CAPTURE(body);
    CHECK(decode(body).status == 400);
  }
}

TEST_CASE("extensions are skipped") {
  for (const std::string extension :
       {";a", ";a=b", " ;a", "\t ; a = \"b c\"", ";a;b=c ; d", ";a=\"\"",
        ";a=\"\\\"\";b", ";a=\"\xC3\xA1;\""}) {
    CAPTURE(extension);
    CHECK(decode("5" + extension + "\r\nhello\r\n0" + extension + "\r\n\r\n") ==
          Decoded{true, 0, 15 + 2 * extension.size(), "hello"});
  }
}

TEST_CASE("an extension has a name, and a quote has its end") {
  for (const std::string extension :
       {";a ", ";a=b\t", ";a=\"b\" ", ";", ";;", "; ", ";=b", ";a=", ";a==b",
        ";a=b=c", ";a=\"b", ";a=\"b\\\"", ";a=\"b\"c", ";a ", ";a b",
        ";a=\xC3\xA1", " "}) {
    CAPTURE(extension);
    CHECK(decode("5" + extension + "\r\nhello\r\n0\r\n\r\n").status == 400);
  }
}

TEST_CASE("an extension holds no control character and no bare line end") {
  for (const std::string body :
       {"5;a\nhello", "5;a\rhello", "5;a\x01\r\nhello", "5;a\x7F\r\nhello",
        "5;a\r\r\nhello", "5;a\n\r\nhel"}) {
    CAPTURE(body);
    CHECK(decode(body).status == 400);
  }
  CHECK(decode("5;\0\r\nhello"s).status == 400);
}

TEST_CASE("extensions have their limit, between the size and its line end") {
  RequestLimits limits;
  limits.chunk_extension_bytes = 10;
  const auto with_extension = [&](size_t size) {
    return decode("1;" + std::string(size - 1, 'x') + "\r\na\r\n0\r\n\r\n",
                  limits);
  };
  CHECK(with_extension(9).done);
  CHECK(with_extension(10).done);
  CHECK(with_extension(11).status == 400);
  CHECK(decode("1" + std::string(11, ' ') + ";\r\n", limits).status == 400);
}

TEST_CASE("trailers are read and dropped") {
  const std::string body = "1\r\nx\r\n0\r\nTrailer: a\r\nb:\r\n\r\n";
  CHECK(decode(body + "GET /") == Decoded{true, 0, body.size(), "x"});
}

TEST_CASE("trailers have their limits: 431") {
  const std::string trailers = "a: b\r\nc: d\r\n\r\n";
  RequestLimits limits;
  limits.trailer_bytes = trailers.size();
  CHECK(decode("0\r\n" + trailers, limits).done);
  limits.trailer_bytes = trailers.size() - 1;
  CHECK(decode("0\r\n" + trailers, limits).status == 431);
  limits = {};
  limits.fields_bytes = 1;  // of the head, which is over
  CHECK(decode("0\r\n" + trailers, limits).done);
  limits.fields = 2;
  CHECK(decode("0\r\n" + trailers, limits).done);
  limits.fields = 1;
  CHECK(decode("0\r\n" + trailers, limits).status == 431);
}

TEST_CASE("what was chunked at random is decoded again") {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::string data;
    std::string body;
    for (size_t n = random() % 6; n > 0; --n) {
      std::string chunk;
      for (size_t size = 1 + random() % 40; size > 0; --size) {
        chunk += static_cast<char>(random() % 256);
      }
      body += fmt::format("{:x}\r\n{}\r\n", chunk.size(), chunk);
      data += chunk;
    }
    body += "0\r\n\r\n";
    CHECK(decode(body + "rest") == Decoded{true, 0, body.size(), data});
  }
}

}  // namespace
}  // namespace rivulet::http

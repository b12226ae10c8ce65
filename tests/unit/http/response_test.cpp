// Tests http/response.h: an answer's bytes, its framing and the date.
#include "http/response.h"

#include <doctest/doctest.h>

#include <chrono>

namespace rivulet::http {
namespace {

using namespace std::chrono;

constexpr std::string_view kDate = "Thu, 01 Jan 1970 00:00:00 GMT";

std::string written(const Response& response, ResponseFraming framing = {}) {
  std::string out = "before ";
  append_response(out, response, framing, kDate);
  REQUIRE(out.starts_with("before "));
  return out.substr(7);
}

TEST_CASE("an answer is a head with its length, and a body") {
  CHECK(written({.body = "Ok"}) ==
        "HTTP/1.1 200 OK\r\n"
        "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Length: 2\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "\r\n"
        "Ok");
}

TEST_CASE("an answer to HEAD is the head that GET would get") {
  const Response response{.content_type = "application/json",
                          .body = "[\"ana\"]",
                          .fields = "Cache-Control: no-store\r\n"};
  for (const bool keep_alive : {true, false}) {
    const std::string got = written(response, {.keep_alive = keep_alive});
    const std::string headed =
        written(response, {.head_only = true, .keep_alive = keep_alive});
    CHECK(headed + "[\"ana\"]" == got);
    CHECK(headed.ends_with("\r\n\r\n"));
    CHECK(headed.find("Content-Length: 7\r\n") != std::string::npos);
  }
}

TEST_CASE("further fields stand in the head") {
  CHECK(written({.fields = "A: b\r\nC: d\r\n"})
            .ends_with("nosniff\r\nA: b\r\nC: d\r\n\r\n"));
}

TEST_CASE("204 has neither a body nor a length nor a type") {
  const Response response{.status = Status::kNoContent,
                          .fields = "Allow: GET\r\n"};
  const std::string expected =
      "HTTP/1.1 204 No Content\r\n"
      "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
      "Allow: GET\r\n"
      "\r\n";
  CHECK(written(response) == expected);
  CHECK(written(response, {.head_only = true}) == expected);
}

TEST_CASE("an empty body has a length too") {
  CHECK(written({}).find("Content-Length: 0\r\n") != std::string::npos);
}

TEST_CASE("persistence is said where it is not the default") {
  const auto connection = [](bool keep_alive, int minor_version) {
    const std::string text =
        written({}, {.keep_alive = keep_alive, .minor_version = minor_version});
    const size_t at = text.find("Connection: ");
    if (at == std::string::npos) return std::string();
    return text.substr(at + 12, text.find("\r\n", at) - at - 12);
  };
  CHECK(connection(true, 1) == "");
  CHECK(connection(false, 1) == "close");
  CHECK(connection(true, 0) == "keep-alive");
  CHECK(connection(false, 0) == "close");
}

TEST_CASE("answers follow each other without a gap") {
  std::string out;
  append_response(out, {.body = "a"}, {}, kDate);
  const size_t first = out.size();
  append_response(out, {.body = "b"}, {}, kDate);
  CHECK(out.substr(0, first - 1) + "b" == out.substr(first));
}

TEST_CASE("an error is one line of plain text") {
  const Response response = error_response(Status::kNotFound, "not here");
  CHECK(response.status == Status::kNotFound);
  CHECK(response.content_type == "text/plain; charset=utf-8");
  CHECK(response.body == "not here\n");
  CHECK(written(response).starts_with("HTTP/1.1 404 Not Found\r\n"));
}

TEST_CASE("every status has its reason phrase") {
  struct Row {
    Status status;
    std::string_view phrase;
  };
  for (const Row& row : {
           Row{Status::kOk, "200 OK"},
           Row{Status::kNoContent, "204 No Content"},
           Row{Status::kBadRequest, "400 Bad Request"},
           Row{Status::kNotFound, "404 Not Found"},
           Row{Status::kMethodNotAllowed, "405 Method Not Allowed"},
           Row{Status::kRequestTimeout, "408 Request Timeout"},
           Row{Status::kContentTooLarge, "413 Content Too Large"},
           Row{Status::kUriTooLong, "414 URI Too Long"},
           Row{Status::kExpectationFailed, "417 Expectation Failed"},
           Row{Status::kHeaderFieldsTooLarge,
               "431 Request Header Fields Too Large"},
           Row{Status::kNotImplemented, "501 Not Implemented"},
           Row{Status::kServiceUnavailable, "503 Service Unavailable"},
           Row{Status::kVersionNotSupported, "505 HTTP Version Not Supported"},
       }) {
    CHECK(written({.status = row.status})
              .starts_with("HTTP/1.1 " + std::string(row.phrase) + "\r\n"));
  }
}

std::string date_of(sys_days day, seconds of_day = {}) {
  return std::string(HttpDate().at(day + of_day));
}

TEST_CASE("a date is written as HTTP has it") {
  CHECK(date_of(1970y / January / 1) == kDate);
  CHECK(date_of(1994y / November / 6, 8h + 49min + 37s) ==
        "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 9110's own example
  CHECK(date_of(2038y / January / 19, 3h + 14min + 8s) ==
        "Tue, 19 Jan 2038 03:14:08 GMT");
  CHECK(date_of(9999y / December / 31, 23h + 59min + 59s) ==
        "Fri, 31 Dec 9999 23:59:59 GMT");
}

TEST_CASE("leap years have their day, and centuries mostly not") {
  CHECK(date_of(2000y / February / 29) == "Tue, 29 Feb 2000 00:00:00 GMT");
  CHECK(date_of(2024y / February / 29) == "Thu, 29 Feb 2024 00:00:00 GMT");
  CHECK(date_of(sys_days(2024y / February / 28) + days(2)) ==
        "Fri, 01 Mar 2024 00:00:00 GMT");
  CHECK(date_of(sys_days(2023y / February / 28) + days(1)) ==
        "Wed, 01 Mar 2023 00:00:00 GMT");
  CHECK(date_of(sys_days(2100y / February / 28) + days(1)) ==
        "Mon, 01 Mar 2100 00:00:00 GMT");
}

TEST_CASE("every month and weekday has its name") {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  constexpr std::string_view kDays = "MonTueWedThuFriSatSun";
  for (unsigned i = 0; i < 12; ++i) {
    const std::string text = date_of(2023y / month(i + 1) / 1);
    CHECK(text.substr(8, 3) == kMonths.substr(size_t{i} * 3, 3));
  }
  for (unsigned i = 0; i < 7; ++i) {
    const std::string text = date_of(2024y / January / day(i + 1));
    CHECK(text.substr(0, 3) == kDays.substr(size_t{i} * 3, 3));
  }
}

TEST_CASE("a kept date follows the clock, forwards and back") {
  HttpDate date;
  const base::WallSeconds start = sys_days(2024y / December / 31) + 86399s;
  CHECK(date.at(start) == "Tue, 31 Dec 2024 23:59:59 GMT");
  CHECK(date.at(start) == "Tue, 31 Dec 2024 23:59:59 GMT");
  CHECK(date.at(start + 1s) == "Wed, 01 Jan 2025 00:00:00 GMT");
  CHECK(date.at(start) == "Tue, 31 Dec 2024 23:59:59 GMT");
}

}  // namespace
}  // namespace rivulet::http

#include "http/response.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <utility>

namespace rivulet::http {
namespace {

// Persistence is the default in HTTP/1.1 and must be said in HTTP/1.0
// (RFC 9112 §9.3).
std::string_view connection_field(const ResponseFraming& framing) {
  if (!framing.keep_alive) return "Connection: close\r\n";
  if (framing.minor_version == 0) return "Connection: keep-alive\r\n";
  return "";
}

}  // namespace

Response error_response(Status status, std::string_view line) {
  Response response{.status = status};
  response.body = fmt::format("{}\n", line);
  return response;
}

Response json_response(std::string body) {
  return {.content_type = "application/json",
          .body = std::move(body),
          .fields = "Cache-Control: no-store\r\n"};
}

void append_response(std::string& out, const Response& response,
                     const ResponseFraming& framing, std::string_view date) {
  auto end = std::back_inserter(out);
  fmt::format_to(end, "HTTP/1.1 {} {}\r\nDate: {}\r\n",
                 static_cast<int>(response.status),
                 reason_phrase(response.status), date);
  // 204 has neither a body nor a length (RFC 9110 §15.3.5, §8.6).
  if (response.status != Status::kNoContent) {
    fmt::format_to(end,
                   "Content-Type: {}\r\nContent-Length: {}\r\n"
                   "X-Content-Type-Options: nosniff\r\n",
                   response.content_type, response.body.size());
  }
  out += response.fields;
  out += connection_field(framing);
  out += "\r\n";
  if (!framing.head_only) out += response.body;
}

std::string_view HttpDate::at(base::WallSeconds now) {
  if (now == formatted_) return text_;
  constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed",
                                             "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr",
                                                "May", "Jun", "Jul", "Aug",
                                                "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(now);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{now - day};
  text_ = fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
                      kDays[std::chrono::weekday{day}.c_encoding()],
                      static_cast<unsigned>(date.day()),
                      kMonths[static_cast<unsigned>(date.month()) - 1],
                      static_cast<int>(date.year()), time.hours().count(),
                      time.minutes().count(), time.seconds().count());
  formatted_ = now;
  return text_;
}

}  // namespace rivulet::http

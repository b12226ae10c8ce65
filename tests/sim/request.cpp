#include "request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "server/embedded_files.h"

namespace rivulet::sim {
namespace {

constexpr std::string_view kUnreserved =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";

}  // namespace

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (kUnreserved.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

void RequestMaker::make_topics() {
  const size_t count = random_.of_any_size(1, 6);
  for (size_t i = 0; i < count; ++i) {
    const std::string_view more = random_.chance(0.3) ? "/ä&=日" : "";
    topics_.push_back(percent_encoded(fmt::format("t{}{}", i, more)));
  }
}

std::vector<ClientId> make_client_ids(Random& random, size_t count) {
  std::vector<ClientId> ids;
  for (size_t i = 0; i < count; ++i) {
    std::string raw = fmt::format("c{}", i);
    std::string escaped = raw;
    if (random.chance(0.1)) {
      raw += "/\"ä 日";
      escaped += "/\\\"ä 日";
    }
    ids.push_back({raw, percent_encoded(raw), '"' + escaped + '"'});
  }
  return ids;
}

// A head with fields that mean nothing, in between.
std::string RequestMaker::head(std::string_view method, std::string_view target,
                               bool http10) {
  std::string text =
      fmt::format("{} {} HTTP/1.{}\r\n", method, target, http10 ? 0 : 1);
  const bool host_last = random_.chance(0.3);
  if (!host_last) text += "Host: sim\r\n";
  for (size_t n = random_.of_any_size(0, 3); n > 0; --n) {
    text +=
        fmt::format("X-Field-{}:{}{}\r\n", n, random_.chance(0.5) ? " " : "",
                    std::string(random_.of_any_size(0, 40), 'x'));
  }
  if (host_last) text += "Host: sim:3000\r\n";
  return text;
}

// A request without a body. Persistence as RFC 9112 §9.3 has it.
void RequestMaker::finish(Request& request, std::string_view method,
                          std::string_view target) {
  request.bytes += head(method, target, request.http10);
  const bool says_close = !request.http10 && random_.chance(0.03);
  const bool says_keep = request.http10 && random_.chance(0.8);
  if (says_close) request.bytes += "Connection: close\r\n";
  if (says_keep) request.bytes += "Connection: keep-alive\r\n";
  request.closes = says_close || (request.http10 && !says_keep);
  request.bytes += "\r\n";
}

LastSeen RequestMaker::strange_id(const std::string& epoch) {
  const auto plain = [](std::string text) { return LastSeen{text, text}; };
  switch (random_.below(8)) {
    case 0:
      return plain("7");
    case 1:
      return plain(epoch + "-01");
    case 2:
      return plain("0" + epoch + "-1");
    case 3:
      return plain(epoch + "1-1");
    case 4:
      return plain(epoch + "-18446744073709551615");
    case 5:
      return plain(epoch + "-18446744073709551616");
    case 6:
      return {"\xFF-1", ""};
    default:
      return {"a \"\\ ä", "a \\\"\\\\ ä"};
  }
}

// In the field, or in one of two parameters, or more than one of them: then
// the first counts.
Request RequestMaker::stream(size_t id, bool http10,
                             std::optional<LastSeen> last_seen) {
  Request request{.effect = Effect::kOpenStream, .id = id, .http10 = http10};
  std::string target = "/stream";
  if (id != Audience::kNoClient) target += '/' + ids_[id].in_path;
  target += '?';
  if (random_.chance(0.4)) target += topics(request.audience);
  std::string field;
  if (last_seen) {
    const size_t where = random_.below(3);
    const std::string text = percent_encoded(last_seen->text);
    if (where == 0) field = last_seen->text;
    if (where == 1) target += "&lastEventId=" + text;
    if (where == 2) target += "&x&evs_last_event_id=" + text;
    if (where == 0 && random_.chance(0.3)) target += "&lastEventId=0";
    if (where == 1 && random_.chance(0.3)) target += "&evs_last_event_id=0";
  }
  if (target.back() == '?') target.pop_back();
  request.bytes = head("GET", target, http10);
  if (!field.empty() || random_.chance(0.1)) {
    request.bytes += random_.chance(0.5) ? "Last-Event-ID: " : "last-event-id:";
    request.bytes += field + "\r\n";
  }
  request.bytes += "Accept: text/event-stream\r\n\r\n";
  request.last_seen = std::move(last_seen);
  return request;
}

size_t RequestMaker::data_size() {
  constexpr size_t kSmall = 200;
  if (random_.chance(0.9)) return random_.of_any_size(1, kSmall);
  return random_.of_any_size(1, limits_.max_event_bytes + 16);
}

// Lines that begin with the number of the event and are divided in every way
// that there is.
RequestMaker::Data RequestMaker::make_data() {
  static constexpr std::array<std::string_view, 3> kLineEnds{"\n", "\r\n",
                                                             "\r"};
  static constexpr std::array<std::string_view, 4> kLetters{"ä", "日", "🙂",
                                                            ": "};
  const std::string line_end(random_.pick(kLineEnds));
  std::string data = fmt::format("event-{}-", ++events_);
  std::string payload = "data: " + data;
  size_t lines_size = data.size();
  const size_t wanted = std::max(data.size(), data_size());
  while (data.size() < wanted) {
    std::string piece(std::min(wanted - data.size(), random_.between(1, 40)),
                      static_cast<char>('a' + random_.below(26)));
    if (random_.chance(0.05)) piece = random_.pick(kLetters);
    data += piece;
    payload += piece;
    lines_size += piece.size();
    if (random_.chance(0.05)) {
      data += line_end;
      ++lines_size;
      payload += "\ndata: ";
    }
  }
  return {data, payload + "\n\n", lines_size};
}

Request RequestMaker::publish(double to_one) {
  Request request{.body = "Ok", .exact = true};
  request.http10 = random_.chance(0.1);
  const Data data = make_data();
  request.payload = data.payload;
  const std::string status = "/status/" + percent_encoded(data.text);
  std::string target = "/publish" + status;
  request.effect = Effect::kPublish;
  if (random_.chance(to_one)) {
    request.audience = to_one_client();
    target = "/publish/" + ids_[request.audience.client].in_path + status;
  }
  finish(request, "GET", target);
  if (target.size() > limits_.target_bytes) {
    request.status = 414;
    request.malformed = request.closes = true;
  } else if (data.text.size() > limits_.max_event_bytes) {
    request.status = 413;
  }
  if (request.status != 200) {
    request.effect = Effect::kNone;
    request.exact = false;
  }
  return request;
}

Request RequestMaker::clients() {
  Request request{.effect = Effect::kListClients};
  request.http10 = random_.chance(0.1);
  finish(request, "GET", "/clients");
  return request;
}

Request RequestMaker::page_file() {
  const auto files = server::embedded_files();
  const server::EmbeddedFile& file = files[random_.below(files.size())];
  Request request{.body = std::string(file.content), .exact = true};
  request.head_only = random_.chance(0.1);
  finish(request, request.head_only ? "HEAD" : "GET",
         fmt::format("/{}", file.name));
  return request;
}

Request RequestMaker::harmless() {
  Request request;
  switch (random_.below(8)) {
    case 0:
      request = {.body = "ok", .exact = true, .head_only = true};
      finish(request, "HEAD", "/livez");
      return request;
    case 1:
      request = {.status = 204};
      finish(request, "OPTIONS", "/stream/anybody");
      return request;
    case 2:
      request = {.status = 404};
      finish(request, "GET", "/nothing/is/here");
      return request;
    case 3:
      request = {.status = 405};
      finish(request, "DELETE", "/clients");
      return request;
    case 4:
      return with_body();
    case 5:
      return with_chunked_body();
    case 6:
      return page_file();
    default:
      request = {.body = "ok", .exact = true, .http10 = random_.chance(0.1)};
      finish(request, "GET", "/healthz");
      return request;
  }
}

// A request that must not be seen by anybody.
std::string RequestMaker::hidden_publish() {
  return fmt::format(
      "GET /publish/status/hidden-{} HTTP/1.1\r\nHost: sim\r\n\r\n", events_);
}

Request RequestMaker::with_body() {
  return with_body(random_.chance(0.5)
                       ? hidden_publish()
                       : std::string(random_.of_any_size(1, 2000), 'b'));
}

Request RequestMaker::bulky() {
  constexpr size_t kMuch = 40'000;
  return with_body(std::string(kMuch, 'b'));
}

Request RequestMaker::with_body(std::string_view body) {
  Request request{.status = 405, .has_body = true};
  request.bytes = head("POST", "/clients", false);
  request.expects = random_.chance(0.3);
  if (request.expects) request.bytes += "Expect: 100-continue\r\n";
  request.bytes += fmt::format("Content-Length: {}\r\n\r\n", body.size());
  request.bytes += body;
  return request;
}

Request RequestMaker::with_chunked_body() {
  Request request{.status = 405, .has_body = true};
  request.bytes = head("POST", "/clients", false);
  request.bytes += "Transfer-Encoding: chunked\r\n\r\n";
  for (size_t n = random_.of_any_size(0, 5); n > 0; --n) {
    const std::string data = random_.chance(0.5) ? hidden_publish() : "data";
    request.bytes += fmt::format("{:x}{}\r\n{}\r\n", data.size(),
                                 random_.chance(0.2) ? ";a=b" : "", data);
  }
  request.bytes += "0\r\n";
  if (random_.chance(0.2)) request.bytes += "Trailer-Field: 1\r\n";
  request.bytes += "\r\n";
  return request;
}

Request RequestMaker::malformed() {
  Request request{.status = 400, .has_body = true};
  request.closes = request.malformed = true;
  const std::string hidden = hidden_publish();
  switch (random_.below(7)) {
    case 0:
      request.bytes = "GET /livez HTTP/1.1\nHost: sim\r\n\r\n" + hidden;
      break;
    case 1:
      request.bytes = "GET /livez HTTP/1.1\r\n\r\n" + hidden;
      break;
    case 2:
      request.bytes = "BREW /pot HTTP/1.1\r\nHost: sim\r\n\r\n" + hidden;
      request.status = 501;
      break;
    case 3:
      request.bytes = "GET / HTTP/2.0\r\nHost: sim\r\n\r\n" + hidden;
      request.status = 505;
      break;
    case 4:
      request.bytes = fmt::format(
          "POST /clients HTTP/1.1\r\nHost: sim\r\nContent-Length: {}\r\n"
          "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{}",
          hidden.size() + 5, hidden);
      break;
    case 5:
      request.bytes =
          "POST /clients HTTP/1.1\r\nHost: sim\r\n"
          "Transfer-Encoding: chunked\r\n\r\n4\r\ndataX\r\n" +
          hidden;
      break;
    default:
      request.bytes =
          fmt::format("GET /{} HTTP/1.1\r\nHost: sim\r\n\r\n{}",
                      std::string(limits_.target_bytes, 'x'), hidden);
      request.status = 414;
      break;
  }
  return request;
}

}  // namespace rivulet::sim

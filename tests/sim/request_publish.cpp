// The requests whose body is published.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "request.h"

namespace rivulet::sim {
namespace {

// Splits `payload`, which is "data: …" lines, into what the lines say.
std::vector<std::string_view> data_lines(std::string_view payload) {
  constexpr std::string_view kField = "data: ";
  std::vector<std::string_view> lines;
  while (payload.starts_with(kField)) {
    const size_t end = payload.find('\n');
    lines.push_back(payload.substr(kField.size(), end - kField.size()));
    payload.remove_prefix(end + 1);
  }
  return lines;
}

// Where each part of a body ends once it is a part of a request.
using Ends = std::vector<size_t>;

}  // namespace

Audience RequestMaker::to_one_client() {
  const size_t client = random_.below(ids_.size());
  return {.name_bytes = ids_[client].raw.size(), .client = client};
}

// One client, some topics, or everybody; and how events are called.
RequestMaker::Address RequestMaker::address(double to_one) {
  Address address{.target = "/publish"};
  Audience& audience = address.audience;
  std::string query;
  if (random_.chance(to_one)) {
    audience = to_one_client();
    address.target += '/' + ids_[audience.client].in_path;
  } else if (!limits_.for_everybody && random_.chance(0.6)) {
    query = topics(audience);
  }
  if (random_.chance(0.2)) {
    address.name = fmt::format("n{}ä", random_.below(10));
    query += "&event=" + percent_encoded(address.name);
    if (random_.chance(0.3)) {
      address.retry = fmt::format("retry: {}\n", random_.below(100'000));
      query += "&" + address.retry.substr(0, 5) + "=" +
               address.retry.substr(7, address.retry.size() - 8);
    }
  }
  if (!query.empty()) address.target += '?' + query;
  return address;
}

// As a query, some of them twice.
std::string RequestMaker::topics(Audience& audience) {
  std::string query;
  for (size_t n = random_.of_any_size(1, 4); n > 0; --n) {
    const size_t topic = random_.below(topics_.size());
    const uint64_t bit = uint64_t{1} << topic;
    if ((audience.topics & bit) == 0) {
      ++audience.topic_count;
      audience.name_bytes += base::percent_decode(topics_[topic])->size();
    }
    audience.topics |= bit;
    query += "&topic=" + topics_[topic];
  }
  return query;
}

// Puts a body behind the head, by its length or in chunks, and says where each
// of its bytes that `ends` names has come.
void RequestMaker::add_body(Request& request, std::string_view body,
                            Ends& ends) {
  request.expects = random_.chance(0.2);
  if (request.expects) request.bytes += "Expect: 100-continue\r\n";
  if (random_.chance(0.5)) {
    request.bytes += fmt::format("Content-Length: {}\r\n\r\n", body.size());
    request.head_bytes = request.bytes.size();
    for (size_t& end : ends) end += request.bytes.size();
    request.bytes += body;
    return;
  }
  request.bytes += "Transfer-Encoding: chunked\r\n\r\n";
  request.head_bytes = request.bytes.size();
  auto next = ends.begin();
  for (size_t at = 0; at < body.size();) {
    const size_t size = random_.of_any_size(1, body.size() - at);
    request.bytes += fmt::format("{:x}\r\n", size);
    for (; next != ends.end() && *next <= at + size; ++next) {
      *next = request.bytes.size() + *next - at;
    }
    request.bytes += body.substr(at, size);
    request.bytes += "\r\n";
    at += size;
  }
  request.bytes += "0\r\n\r\n";
}

std::string RequestMaker::body_head(std::string_view target, bool closes) {
  std::string text = head(random_.chance(0.7) ? "POST" : "PUT", target, false);
  if (closes) text += "Connection: close\r\n";
  return text;
}

Request RequestMaker::publish_body(double to_one) {
  const Address to = address(to_one);
  const Data data = make_data();
  Request request{.effect = Effect::kPublish, .audience = to.audience};
  request.has_body = request.posted = true;
  request.closes = random_.chance(0.03);
  request.payload = to.fields(to.name) + data.payload;
  request.bytes = body_head(to.target, request.closes);
  if (random_.chance(0.5)) request.bytes += "Content-Type: text/plain\r\n";
  Ends ends;
  add_body(request, data.text, ends);
  if (data.text.size() > limits_.max_event_bytes) {
    request.effect = Effect::kNone;
    request.status = 413;
    request.malformed = request.closes = true;
  }
  return request;
}

// What one event looks like in a stream of them; `payload` is how it leaves.
std::string RequestMaker::spell_event(const Data& data, std::string_view name,
                                      std::string_view line_end) {
  std::string text;
  const auto add = [&](std::string_view line) {
    text += line;
    text += line_end;
  };
  if (random_.chance(0.1)) add(":" + std::string(random_.below(50), '-'));
  if (random_.chance(0.1)) add("id: 18c-7");
  if (random_.chance(0.1)) add("retry: 1");
  if (random_.chance(0.1)) add("event: another");
  if (!name.empty()) {
    add(fmt::format("event: {}", name));
  } else if (text.ends_with(fmt::format("another{}", line_end))) {
    add("event");
  }
  for (const std::string_view line : data_lines(data.payload)) {
    const bool bare = !line.starts_with(' ') && random_.chance(0.2);
    add(fmt::format("data:{}{}", bare ? "" : " ", line));
  }
  return text;
}

// Events without a blank line at the end, or without data, are none; one that
// is too large is the last.
Request RequestMaker::publish_events(double to_one) {
  static constexpr std::array<std::string_view, 3> kLineEnds{"\n", "\r\n",
                                                             "\r"};
  const std::string_view line_end = random_.pick(kLineEnds);
  const Address to = address(to_one);
  Request request{.effect = Effect::kPublishEvents, .audience = to.audience};
  request.has_body = request.posted = true;
  request.closes = random_.chance(0.03);
  std::string body = random_.chance(0.1) ? "\xEF\xBB\xBF" : "";
  Ends ends;
  const size_t count = random_.of_any_size(0, 12);
  while (ends.size() < count && !request.malformed) {
    const Data data = make_data();
    const std::string name =
        random_.chance(0.2) ? fmt::format("m{}", ends.size()) : "";
    body += spell_event(data, name, line_end);
    const size_t blank_line = body.size() + 1;  // its CR will do
    body += line_end;
    if (data.text_as_lines + name.size() > limits_.max_event_bytes) {
      refuse_events(request, ends.size());
      break;
    }
    ends.push_back(blank_line);
    request.events.push_back(
        {0, to.fields(name.empty() ? to.name : name) + data.payload});
    if (random_.chance(0.1)) body += fmt::format("event: x{0}{0}", line_end);
  }
  if (random_.chance(0.2)) body += "data: unfinished" + std::string(line_end);
  request.bytes = body_head(to.target, request.closes && !request.malformed);
  request.bytes += "Content-Type: text/event-stream; charset=utf-8\r\n";
  add_body(request, body, ends);
  for (size_t i = 0; i < ends.size(); ++i) request.events[i].end = ends[i];
  return request;
}

void RequestMaker::refuse_events(Request& request, size_t published) {
  request.status = 413;
  request.malformed = request.closes = true;
  // A client may come or go between two events, and those before it do not
  // count then.
  request.exact = request.audience.client == Audience::kNoClient;
  request.body = fmt::format(
      "event {} is larger than max-event-bytes; published before "
      "it: {}\n",
      published + 1, published);
}

}  // namespace rivulet::sim

#include "answers.h"

#include "check.h"
#include "text_model.h"

namespace rivulet::fuzz {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

struct Head {
  Answer answer;
  bool chunked = false;
  std::optional<uint64_t> length;
  size_t dates = 0;
};

std::string_view take_line(std::string_view& rest, std::string_view all) {
  const size_t end = rest.find(kLineEnd);
  require(end != std::string_view::npos, "an answer ends within its head", all);
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + kLineEnd.size());
  for (const char c : line) {
    require(c >= ' ' && c <= '~', "a control character in an answer's head",
            all);
  }
  return line;
}

int read_status(std::string_view line) {
  require(line.starts_with("HTTP/1.1 ") && line.size() > 13 && line[12] == ' ',
          "not a status line", line);
  const auto status = model_decimal(line.substr(9, 3));
  require(status && *status >= 100 && *status < 600, "not a status", line);
  return static_cast<int>(*status);
}

void read_field(Head& head, std::string_view line) {
  const size_t colon = line.find(": ");
  require(colon != std::string_view::npos && colon > 0, "not a field", line);
  const std::string name = model_lower(line.substr(0, colon));
  const std::string value(line.substr(colon + 2));
  require(model_trim(value) == value, "blanks around a field's value", line);
  if (name == "date") {
    require(value.size() == 29 && value.ends_with(" GMT"), "not a date", line);
    ++head.dates;
    return;
  }
  head.answer.fields += name + ": " + value + "\n";
  if (name == "content-length") {
    require(!head.length, "two lengths", line);
    head.length = model_decimal(value);
    require(head.length.has_value(), "not a length", line);
  }
  if (name == "transfer-encoding") {
    require(value == "chunked" && !head.chunked, "not a coding", line);
    head.chunked = true;
  }
  if (name == "connection") head.answer.close = value == "close";
  if (name == "content-type") {
    head.answer.stream = value == "text/event-stream";
  }
}

Head take_head(std::string_view& rest) {
  const std::string_view all = rest;
  Head head;
  head.answer.status = read_status(take_line(rest, all));
  for (;;) {
    const std::string_view line = take_line(rest, all);
    if (line.empty()) break;
    read_field(head, line);
  }
  require(head.dates == (head.answer.status >= 200 ? 1U : 0U),
          "one Date in each answer", all);
  return head;
}

// The content of a chunked body; all that is left belongs to it.
std::string take_chunks(std::string_view& rest, bool& ended) {
  std::string content;
  ended = false;
  while (!rest.empty() && !ended) {
    const std::string_view line = take_line(rest, rest);
    size_t digits = 0;
    const auto size = std::stoull(std::string(line), &digits, 16);
    require(digits == line.size(), "not a chunk size", line);
    require(rest.size() >= size + kLineEnd.size() &&
                rest.substr(size, kLineEnd.size()) == kLineEnd,
            "a chunk without its end", rest);
    content += rest.substr(0, size);
    rest.remove_prefix(size + kLineEnd.size());
    ended = size == 0;
  }
  require(!ended || rest.empty(), "bytes after the last chunk", rest);
  return content;
}

// A body by its length. After an answer to HEAD there is none; when the head
// of a request is refused, both are seen.
void take_content(std::string_view& rest, Head& head, bool is_head,
                  bool well_formed) {
  const bool none = head.answer.status < 200 || head.answer.status == 204;
  require(none != head.length.has_value(), "a length, or 204 and none",
          head.answer.fields);
  if (none) return;
  const size_t size = *head.length;
  const bool may_be_bare = is_head || (!well_formed && head.answer.close);
  if (may_be_bare && (rest.empty() || (well_formed && !head.answer.close))) {
    return;
  }
  require(rest.size() >= size, "an answer's body is short", rest);
  head.answer.body = rest.substr(0, size);
  rest.remove_prefix(size);
}

}  // namespace

bool Answer::has(std::string_view field_line) const {
  return ("\n" + fields).find("\n" + std::string(field_line) + "\n") !=
         std::string::npos;
}

std::string Answer::summary() const {
  return std::to_string(status) + "\n" + fields + "\n" + body +
         (ended ? "\n" : "\n(not ended)\n");
}

Answers read_answers(std::string_view bytes,
                     const std::vector<ModelRequest>& requests) {
  Answers answers;
  std::string_view rest = bytes;
  while (!rest.empty()) {
    require(answers.final.empty() ||
                !(answers.final.back().close || answers.final.back().stream),
            "bytes after the last answer", bytes);
    const size_t index = answers.final.size();
    Head head = take_head(rest);
    if (head.answer.status == 100) {
      require(head.answer.fields.empty(), "100 with fields", bytes);
      answers.interim.push_back(index);
      continue;
    }
    require(head.answer.status >= 200, "an interim answer", bytes);
    if (head.answer.stream) {
      require((head.chunked || head.answer.close) && !head.length,
              "a stream is chunked or ends with the connection", bytes);
      head.answer.body = head.chunked ? take_chunks(rest, head.answer.ended)
                                      : std::string(rest);
      rest = {};
    } else {
      require(!head.chunked, "a chunked answer", bytes);
      const bool well_formed = index < requests.size();
      take_content(rest, head, well_formed && requests[index].method == "HEAD",
                   well_formed);
    }
    answers.final.push_back(head.answer);
  }
  return answers;
}

std::vector<std::string> read_events(std::string_view body) {
  std::vector<std::string> events;
  std::optional<std::string> data;
  std::string name;
  std::optional<uint64_t> id;
  std::optional<uint64_t> last_id;
  require(body.empty() || body.ends_with('\n'), "half a line", body);
  const auto lines = model_split(body, '\n');
  for (size_t i = 0; i + 1 < lines.size(); ++i) {
    const std::string& line = lines[i];
    require(line.find('\r') == std::string::npos, "CR in a stream", body);
    if (line.starts_with("data: ")) {
      data = data ? *data + "\n" + line.substr(6) : line.substr(6);
    } else if (line.starts_with("event: ")) {
      require(name.empty() && !data, "a name in the wrong place", body);
      name = line.substr(7);
    } else if (line.starts_with("id: e-")) {
      require(data && !id, "an id in the wrong place", body);
      id = model_decimal(line.substr(6));
    } else if (line.empty()) {
      require(data && id, "an event without data or id", body);
      require(!last_id || *last_id < *id, "ids that do not rise", body);
      events.push_back((name.empty() ? "" : name + "|") + *data);
      last_id = id;
      data.reset();
      id.reset();
      name.clear();
    } else {
      require(line.starts_with(':') || line.starts_with("retry: "),
              "a field that nobody asked for", body);
    }
  }
  require(!data && name.empty(), "half an event", body);
  return events;
}

std::string as_event_data(std::string_view data) {
  std::string lines;
  for (size_t i = 0; i < data.size(); ++i) {
    const bool pair = data[i] == '\r' && data.substr(i + 1).starts_with('\n');
    if (!pair) lines += data[i] == '\r' ? '\n' : data[i];
  }
  return lines;
}

}  // namespace rivulet::fuzz

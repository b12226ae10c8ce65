#include "event_model.h"

#include "text_model.h"

namespace rivulet::fuzz {
namespace {

// Lines without their ends; the last one, which has none, apart.
struct Lines {
  std::vector<std::string> whole;
  std::string rest;
};

Lines lines_of(std::string_view text) {
  Lines lines;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '\r' && c != '\n') {
      lines.rest += c;
      continue;
    }
    if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
    lines.whole.push_back(lines.rest);
    lines.rest.clear();
  }
  return lines;
}

class Reader {
 public:
  explicit Reader(size_t most) : most_(most) {}

  void take(const std::string& line) {
    if (line.empty()) return dispatch();
    const size_t colon = line.find(':');
    std::string value;
    if (colon != std::string::npos) value = line.substr(colon + 1);
    if (!value.empty() && value[0] == ' ') value.erase(0, 1);
    const std::string field = line.substr(0, colon);
    if (field == "event") {
      name_ = value;
      if (value.size() > most_) result.fault = EventFault::kTooLarge;
    } else if (field == "data") {
      data_ += value + "\n";
      if (data_.size() - 1 > most_) result.fault = EventFault::kTooLarge;
    }
  }

  // A line that has not ended: it can be too large already.
  void take_rest(const std::string& line) {
    if (line.find(':') != std::string::npos) take(line);
  }

  ModelEvents result;

 private:
  void dispatch() {
    const std::string name = name_;
    std::string data = data_;
    name_.clear();
    data_.clear();
    if (data.empty()) return;
    data.pop_back();
    const std::string text = data + name;
    if (text.size() > most_) {
      result.fault = EventFault::kTooLarge;
    } else if (text.find('\0') != std::string::npos) {
      result.fault = EventFault::kNul;
    } else if (!model_decode_utf8(data) || !model_decode_utf8(name)) {
      result.fault = EventFault::kNotUtf8;
    } else {
      result.events.push_back({name, data});
    }
  }

  size_t most_;
  std::string name_;
  std::string data_;
};

}  // namespace

ModelEvents model_read_stream(std::string_view text, size_t max_event_bytes) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const Lines lines = lines_of(text);
  Reader reader(max_event_bytes);
  for (const std::string& line : lines.whole) {
    reader.take(line);
    if (reader.result.fault != EventFault::kNone) return reader.result;
  }
  reader.take_rest(lines.rest);
  return reader.result;
}

}  // namespace rivulet::fuzz

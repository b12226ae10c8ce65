#include "sse/event_parser.h"

#include <cassert>

#include "base/state.h"
#include "base/text.h"

namespace rivulet::sse {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kData = "data";
constexpr std::string_view kEvent = "event";

bool has_nul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

struct Field {
  std::string_view name;
  std::string_view value;
};

Field split(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return {line, {}};
  std::string_view value = line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  return {line.substr(0, colon), value};
}

// Whether a line that begins like this may become one that says something:
// comments and unknown fields may be of any length, and none of it is kept.
bool may_matter(std::string_view beginning) {
  const std::string_view name = split(beginning).name;
  const bool whole = name.size() < beginning.size();
  for (const std::string_view known : {kData, kEvent}) {
    if (whole ? name == known : known.starts_with(name)) return true;
  }
  return false;
}

}  // namespace

size_t EventParser::feed(std::string_view input) {
  if (complete_) forget_event();
  size_t used = 0;
  while (used < input.size() && !complete_ && fault_ == Fault::kNone) {
    used += take_line(input.substr(used));
  }
  return used;
}

void EventParser::forget_event() {
  complete_ = has_data_ = false;
  for (std::string* text : {&data_, &name_, &line_}) {
    text->clear();
    if (text->capacity() > kKeptBytes) text->shrink_to_fit();
  }
}

std::string_view EventParser::data() const {
  assert(complete_);
  return std::string_view(data_).substr(0, data_.size() - 1);
}

// A whole line or what there is of one. The LF of a CRLF may come with the
// next piece: the line was over at the CR, so that its event need not wait.
size_t EventParser::take_line(std::string_view input) {
  if (after_cr_) {
    after_cr_ = false;
    if (input.front() == '\n') return 1;
  }
  const size_t end = input.find_first_of("\r\n");
  if (end == std::string_view::npos) {
    keep_part(input);
    return input.size();
  }
  after_cr_ = input[end] == '\r';
  const std::string_view part = input.substr(0, end);
  if (line_.empty() && !skipping_) {
    end_line(part);
  } else {
    keep_part(part);
    if (fault_ == Fault::kNone && !skipping_) end_line(line_);
    line_.clear();
    first_line_ = skipping_ = false;
  }
  return end + 1;
}

void EventParser::keep_part(std::string_view part) {
  if (skipping_) return;
  line_ += part;
  const bool half_a_mark = first_line_ && kByteOrderMark.starts_with(line_);
  const std::string_view line = without_mark(line_);
  if (!half_a_mark && !may_matter(line)) {
    line_.clear();
    skipping_ = true;
  } else if (line.find(':') != std::string_view::npos) {
    const auto [name, value] = split(line);
    if (too_large(name, value)) fault_ = Fault::kTooLarge;
  }
}

void EventParser::end_line(std::string_view line) {
  line = without_mark(line);
  first_line_ = false;
  if (line.empty()) return end_event();
  const auto [name, value] = split(line);
  if (name != kData && name != kEvent) return;
  if (too_large(name, value)) {
    fault_ = Fault::kTooLarge;
  } else if (name == kEvent) {
    name_ = value;
  } else {
    data_ += value;
    data_ += '\n';
    has_data_ = true;
  }
}

// Data counts together with what there is, a name alone, for another may take
// its place: end_event() counts both.
bool EventParser::too_large(std::string_view name,
                            std::string_view value) const {
  const size_t before = name == kData ? data_.size() : 0;
  return before + value.size() > max_event_bytes_;
}

// A byte order mark opens the stream or is none.
std::string_view EventParser::without_mark(std::string_view line) const {
  if (first_line_ && line.starts_with(kByteOrderMark)) {
    line.remove_prefix(kByteOrderMark.size());
  }
  return line;
}

// An event without data is none, whatever its name.
void EventParser::end_event() {
  if (!has_data_) {
    name_.clear();
    return;
  }
  constexpr size_t kLastLineEnd = 1;
  if (data_.size() - kLastLineEnd + name_.size() > max_event_bytes_) {
    fault_ = Fault::kTooLarge;
  } else if (has_nul(data_) || has_nul(name_)) {
    fault_ = Fault::kNul;
  } else if (!base::is_valid_utf8(data_) || !base::is_valid_utf8(name_)) {
    fault_ = Fault::kNotUtf8;
  } else {
    complete_ = true;
  }
}

void EventParser::carry(base::State& state) {
  for (std::string* text : {&line_, &data_, &name_}) state.text(*text);
  state.choice(fault_, Fault::kNul);
  for (bool* flag :
       {&first_line_, &skipping_, &after_cr_, &has_data_, &complete_}) {
    state.flag(*flag);
  }
  state.require(!complete_ || !data_.empty(), "an event has no data");
}

}  // namespace rivulet::sse

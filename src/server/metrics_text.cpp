#include "server/metrics_text.h"

#include <fmt/format.h>

#include <chrono>
#include <iterator>

namespace rivulet::server {
namespace {

constexpr MetricsText::Label kNoLabel{};

double seconds(base::FineDuration time) {
  return std::chrono::duration<double>(time).count();
}

void append_escaped(std::string& text, std::string_view value) {
  for (const char c : value) {
    if (c == '\n') {
      text += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
}

}  // namespace

void MetricsText::counter(std::string_view name, std::string_view help,
                          Number number) {
  begin("counter", name, help);
  append("", kNoLabel, number);
}

void MetricsText::gauge(std::string_view name, std::string_view help,
                        Number number) {
  begin("gauge", name, help);
  append("", kNoLabel, number);
}

void MetricsText::counters(std::string_view name, std::string_view help) {
  begin("counter", name, help);
}

void MetricsText::gauges(std::string_view name, std::string_view help) {
  begin("gauge", name, help);
}

void MetricsText::sample(const Label& label, Number number) {
  append("", label, number);
}

// Each bucket has all that is as short as its bound, the shorter ones too.
void MetricsText::histogram(std::string_view name, std::string_view help,
                            const base::Histogram& histogram) {
  begin("histogram", name, help);
  uint64_t count = 0;
  for (size_t i = 0; i < base::Histogram::kBounds.size(); ++i) {
    count += histogram.count(i);
    const std::string bound =
        fmt::format("{}", seconds(base::Histogram::kBounds[i]));
    append("_bucket", {"le", bound}, count);
  }
  count += histogram.count(base::Histogram::kBuckets - 1);
  append("_bucket", {"le", "+Inf"}, count);
  append("_sum", kNoLabel, seconds(histogram.sum()));
  append("_count", kNoLabel, count);
}

void MetricsText::begin(std::string_view type, std::string_view name,
                        std::string_view help) {
  name_ = name;
  fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n",
                 name, help, name, type);
}

void MetricsText::append(std::string_view suffix, const Label& label,
                         Number number) {
  text_ += name_;
  text_ += suffix;
  if (!label.name.empty()) {
    text_ += '{';
    text_ += label.name;
    text_ += "=\"";
    append_escaped(text_, label.value);
    text_ += "\"}";
  }
  fmt::format_to(std::back_inserter(text_), " {}\n", number.value);
}

}  // namespace rivulet::server

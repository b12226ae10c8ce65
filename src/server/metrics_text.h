// Writes the Prometheus text format, version 0.0.4: what a family of samples is
// called, what it says and of which type it is, then its samples.
//
//   # HELP rivulet_streams Streams that are open.
//   # TYPE rivulet_streams gauge
//   rivulet_streams 3
#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include "base/histogram.h"

namespace rivulet::server {

class MetricsText {
 public:
  static constexpr std::string_view kContentType =
      "text/plain; version=0.0.4; charset=utf-8";

  // As the format has it, a number is a double.
  struct Number {
    Number(std::integral auto whole) : value(static_cast<double>(whole)) {}
    Number(double any) : value(any) {}
    double value;
  };
  struct Label {
    std::string_view name;
    std::string_view value;
  };

  // A family of one sample.
  void counter(std::string_view name, std::string_view help, Number number);
  void gauge(std::string_view name, std::string_view help, Number number);
  void histogram(std::string_view name, std::string_view help,
                 const base::Histogram& histogram);

  // A family of several: this first, then sample() for each.
  void counters(std::string_view name, std::string_view help);
  void gauges(std::string_view name, std::string_view help);
  void sample(const Label& label, Number number);

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void begin(std::string_view type, std::string_view name,
             std::string_view help);
  void append(std::string_view suffix, const Label& label, Number number);

  std::string text_;
  std::string_view name_;  // of the family
};

}  // namespace rivulet::server

// Tests server/metrics_text.h: the text that Prometheus reads.
#include "server/metrics_text.h"

#include <doctest/doctest.h>

namespace rivulet::server {
namespace {

TEST_CASE("a family has its help, its type and its sample") {
  MetricsText out;
  out.counter("a_total", "How many.", 7);
  out.gauge("b", "How much.", 0.25);
  CHECK(out.take() ==
        "# HELP a_total How many.\n# TYPE a_total counter\na_total 7\n"
        "# HELP b How much.\n# TYPE b gauge\nb 0.25\n");
}

TEST_CASE("a family may have samples with labels") {
  MetricsText out;
  out.counters("a_total", "How many.");
  out.sample({"reason", "slow"}, 1);
  out.sample({"reason", "x\"y\\z\n"}, 2);
  CHECK(out.take() ==
        "# HELP a_total How many.\n# TYPE a_total counter\n"
        "a_total{reason=\"slow\"} 1\n"
        "a_total{reason=\"x\\\"y\\\\z\\n\"} 2\n");
}

TEST_CASE("whole numbers stand as such as far as a double has them") {
  MetricsText out;
  out.gauge("a", "A.", uint64_t{1} << 53U);
  CHECK(out.take().ends_with("\na 9007199254740992\n"));
}

TEST_CASE("the buckets of a histogram add up, and its sum is in seconds") {
  base::Histogram histogram;
  histogram.observe(std::chrono::microseconds(10));
  histogram.observe(std::chrono::milliseconds(3));
  histogram.observe(std::chrono::seconds(2));
  MetricsText out;
  out.histogram("t_seconds", "Time.", histogram);
  const std::string text = out.take();
  CHECK(
      text.starts_with("# HELP t_seconds Time.\n# TYPE t_seconds histogram\n"
                       "t_seconds_bucket{le=\"1e-05\"} 1\n"));
  for (const std::string_view line :
       {"t_seconds_bucket{le=\"0.0025\"} 1\n",
        "t_seconds_bucket{le=\"0.005\"} 2\n", "t_seconds_bucket{le=\"1\"} 2\n",
        "t_seconds_bucket{le=\"+Inf\"} 3\nt_seconds_sum 2.00301\n"
        "t_seconds_count 3\n"}) {
    CAPTURE(line);
    CHECK(text.find(line) != std::string::npos);
  }
}

}  // namespace
}  // namespace rivulet::server

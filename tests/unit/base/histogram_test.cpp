// Tests base/histogram.h: which bucket a time falls into.
#include "base/histogram.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace rivulet::base {
namespace {

using std::chrono::hours;
using std::chrono::nanoseconds;

TEST_CASE("the bounds rise, and there is one bucket more than bounds") {
  CHECK(std::ranges::is_sorted(Histogram::kBounds));
  CHECK(Histogram::kBuckets == Histogram::kBounds.size() + 1);
}

TEST_CASE("a bucket has its bound and not one nanosecond more") {
  for (size_t i = 0; i < Histogram::kBounds.size(); ++i) {
    Histogram histogram;
    histogram.observe(Histogram::kBounds[i]);
    histogram.observe(Histogram::kBounds[i] + nanoseconds(1));
    CHECK(histogram.count(i) == 1);
    CHECK(histogram.count(i + 1) == 1);
  }
}

TEST_CASE("the first bucket has all that is short, the last all that is long") {
  Histogram histogram;
  histogram.observe(nanoseconds(0));
  histogram.observe(nanoseconds(1));
  histogram.observe(hours(1));
  CHECK(histogram.count(0) == 2);
  CHECK(histogram.count(Histogram::kBuckets - 1) == 1);
  CHECK(histogram.sum() == hours(1) + nanoseconds(1));
}

}  // namespace
}  // namespace rivulet::base

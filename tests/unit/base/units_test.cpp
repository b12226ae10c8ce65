// Tests base/units.h: sizes and durations as an operator writes them.
#include "base/units.h"

#include <doctest/doctest.h>

#include <limits>

namespace rivulet::base {
namespace {

constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();

TEST_CASE("a byte size is a number with one of four units or none") {
  CHECK(parse_byte_size("0") == 0);
  CHECK(parse_byte_size("512") == 512);
  CHECK(parse_byte_size("512B") == 512);
  CHECK(parse_byte_size("64KiB") == 64 * 1024);
  CHECK(parse_byte_size("1MiB") == 1024 * 1024);
  CHECK(parse_byte_size("3GiB") == 3ULL << 30);
}

TEST_CASE("a byte size that is written otherwise is refused") {
  for (const std::string text :
       {"", "B", "KiB", "-1", "+1", " 1", "1 ", "1 KiB", "1kib", "1KB", "1K",
        "1k", "1M", "1TiB", "1.5MiB", "1KiBKiB", "0x10", "1,024"}) {
    CAPTURE(text);
    CHECK(parse_byte_size(text) == std::nullopt);
  }
}

TEST_CASE("a byte size may fill 64 bits and not more") {
  CHECK(parse_byte_size("18446744073709551615") == kMax);
  CHECK(parse_byte_size("18446744073709551615B") == kMax);
  CHECK(parse_byte_size("18446744073709551616") == std::nullopt);
  CHECK(parse_byte_size("17179869183GiB") == 17179869183ULL << 30);
  CHECK(parse_byte_size("17179869184GiB") == std::nullopt);
  CHECK(parse_byte_size("18014398509481983KiB") == 18014398509481983ULL << 10);
  CHECK(parse_byte_size("18014398509481984KiB") == std::nullopt);
}

TEST_CASE("a duration is a number with one of four units") {
  CHECK(parse_duration("0ms") == Duration(0));
  CHECK(parse_duration("500ms") == Duration(500));
  CHECK(parse_duration("15s") == Duration(15'000));
  CHECK(parse_duration("2m") == Duration(120'000));
  CHECK(parse_duration("24h") == Duration(86'400'000));
}

TEST_CASE("a duration without a unit, or written otherwise, is refused") {
  for (const std::string text :
       {"", "0", "15", "s", "-1s", "+1s", " 1s", "1s ", "1 s", "1S", "1sec",
        "1.5s", "1d", "1h30m", "1us", "1mss"}) {
    CAPTURE(text);
    CHECK(parse_duration(text) == std::nullopt);
  }
}

TEST_CASE("a duration ends at a hundred years") {
  CHECK(parse_duration("876000h") == Duration(876'000LL * 3'600'000));
  CHECK(parse_duration("876001h") == std::nullopt);
  CHECK(parse_duration("3153600000000ms") == Duration(3'153'600'000'000));
  CHECK(parse_duration("3153600000001ms") == std::nullopt);
  CHECK(parse_duration("18446744073709551615h") == std::nullopt);
}

TEST_CASE("sizes and durations are written with the largest whole unit") {
  CHECK(format_byte_size(0) == "0B");
  CHECK(format_byte_size(1023) == "1023B");
  CHECK(format_byte_size(1024) == "1KiB");
  CHECK(format_byte_size(1025) == "1025B");
  CHECK(format_byte_size(1536 * 1024) == "1536KiB");
  CHECK(format_byte_size(uint64_t{1} << 30) == "1GiB");
  CHECK(format_duration(Duration(0)) == "0ms");
  CHECK(format_duration(Duration(1)) == "1ms");
  CHECK(format_duration(Duration(1500)) == "1500ms");
  CHECK(format_duration(Duration(90'000)) == "90s");
  CHECK(format_duration(Duration(120'000)) == "2m");
  CHECK(format_duration(Duration(86'400'000)) == "24h");
}

TEST_CASE("what was written is read back as the same value") {
  for (uint64_t value = 1; value < kMax / 3; value *= 3) {
    for (const uint64_t n : {value, value - 1, value + 1, value << 10}) {
      CHECK(parse_byte_size(format_byte_size(n)) == n);
    }
  }
  CHECK(parse_byte_size(format_byte_size(kMax)) == kMax);
  for (Duration::rep n = 0; n < 100'000'000; n = n * 2 + 1) {
    for (const Duration value : {Duration(n), Duration(n * 1000)}) {
      CHECK(parse_duration(format_duration(value)) == value);
    }
  }
}

}  // namespace
}  // namespace rivulet::base

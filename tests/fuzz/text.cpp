// Fuzzes base/text.h, base/units.h, base/log.h and the encoding of events
// against slow models (text_model.h) and by round trips. The input is the
// text.
#include "base/text.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "answers.h"
#include "base/log.h"
#include "base/units.h"
#include "check.h"
#include "sse/frame.h"
#include "text_model.h"

namespace rivulet::fuzz {
namespace {

bool is_control(uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0);
}

void check_utf8(std::string_view text) {
  const auto points = model_decode_utf8(text);
  require(base::is_valid_utf8(text) == points.has_value(), "UTF-8", text);
  if (!points) return;
  bool control = false;
  for (const uint32_t point : *points) control = control || is_control(point);
  require(base::has_control_characters(text) == control, "controls", text);
}

void check_percent(std::string_view text) {
  const auto decoded = base::percent_decode(text);
  require(decoded == model_percent_decode(text), "percent-decoding", text);
}

void check_json(std::string_view text) {
  if (!base::is_valid_utf8(text)) return;
  std::string json = "[";
  base::append_json_string(json, text);
  const auto value = model_read_json_string(json.substr(1));
  require(value && *value == text, "JSON string", json);
}

void check_words(std::string_view text) {
  require(base::trim(text) == model_trim(text), "trim", text);
  require(base::equals_ignoring_case(text, model_lower(text)), "case", text);
  const size_t half = text.size() / 2;
  const std::string_view a = text.substr(0, half);
  const std::string_view b = text.substr(half);
  require(
      base::equals_ignoring_case(a, b) == (model_lower(a) == model_lower(b)),
      "case", text);
  std::string_view rest = text;
  for (const std::string& part : model_split(text, ',')) {
    require(base::take_until(rest, ',') == part, "take_until", text);
  }
  require(rest.empty(), "take_until", text);
}

// Digits and one of four units.
std::optional<uint64_t> model_with_unit(std::string_view text,
                                        std::string_view names,
                                        const uint64_t (&factors)[4]) {
  const auto units = model_split(names, ' ');
  for (size_t i = 0; i < 4; ++i) {
    if (!text.ends_with(units[i])) continue;
    auto value = model_decimal(text.substr(0, text.size() - units[i].size()));
    if (!value) continue;
    uint64_t product = 0;
    if (__builtin_mul_overflow(*value, factors[i], &product)) continue;
    return product;
  }
  return std::nullopt;
}

void check_units(std::string_view text) {
  require(base::parse_decimal(text) == model_decimal(text), "decimal", text);
  auto size = model_decimal(text);
  if (!size) {
    size = model_with_unit(text, "B KiB MiB GiB",
                           {1, 1U << 10, 1U << 20, 1U << 30});
  }
  require(base::parse_byte_size(text) == size, "byte size", text);
  constexpr uint64_t kLongest = 100ULL * 365 * 24 * 3'600'000;
  auto time = model_with_unit(text, "ms s m h", {1, 1000, 60'000, 3'600'000});
  if (time && *time > kLongest) time.reset();
  const auto parsed = base::parse_duration(text);
  require(parsed.has_value() == time.has_value(), "duration", text);
  if (!parsed) return;
  require(parsed->count() == static_cast<int64_t>(*time), "duration", text);
  require(base::parse_duration(base::format_duration(*parsed)) == parsed,
          "a duration reads back", text);
}

void check_byte_size_of(std::string_view text) {
  uint64_t bytes = 0;
  std::memcpy(&bytes, text.data(), std::min(text.size(), sizeof(bytes)));
  bytes >>= text.size() % 64;  // small ones too
  require(base::parse_byte_size(base::format_byte_size(bytes)) == bytes,
          "a byte size reads back", base::format_byte_size(bytes));
}

std::string logged(std::string_view text, base::LogFormat format) {
  char* memory = nullptr;
  size_t size = 0;
  std::FILE* const file = ::open_memstream(&memory, &size);
  base::Log(file, base::LogLevel::kInfo, format)
      .info("m", {{"k", text}, {"n", 7}});
  std::fclose(file);
  std::string line(memory, size);
  std::free(memory);
  return line;
}

// The value of k= as a reader of logfmt has it, bytes above 0x7F as they are.
std::string read_logged(std::string_view line) {
  constexpr std::string_view kFront = "level=info msg=m k=";
  constexpr std::string_view kBack = " n=7\n";
  require(line.starts_with(kFront) && line.ends_with(kBack), "a log line",
          line);
  line.remove_prefix(kFront.size());
  line.remove_suffix(kBack.size());
  if (!line.starts_with('"')) {
    require(line.find_first_of(" \"\n\r=\\") == std::string_view::npos,
            "a bare value", line);
    return std::string(line);
  }
  require(line.size() >= 2 && line.ends_with('"'), "quotes", line);
  line = line.substr(1, line.size() - 2);
  std::string value;
  for (size_t i = 0; i < line.size(); ++i) {
    require(line[i] != '"' && static_cast<unsigned char>(line[i]) >= ' ',
            "a value breaks out", line);
    if (line[i] != '\\') {
      value += line[i];
    } else if (line[++i] == 'x') {
      const auto byte =
          model_percent_decode("%" + std::string(line.substr(i + 1, 2)));
      require(byte.has_value(), "an escape", line);
      value += *byte;
      i += 2;
    } else {
      value += line[i];
    }
  }
  return value;
}

// The same of a line of JSON.
std::string read_logged_json(std::string_view line) {
  constexpr std::string_view kFront = R"({"level":"info","msg":"m","k":)";
  constexpr std::string_view kBack = ",\"n\":7}\n";
  require(line.starts_with(kFront) && line.ends_with(kBack), "a JSON line",
          line);
  line.remove_prefix(kFront.size());
  line.remove_suffix(kBack.size());
  const auto value = model_read_json_string(line);
  require(value.has_value(), "a JSON value", line);
  return *value;
}

void check_log(std::string_view text) {
  const std::string line = logged(text, base::LogFormat::kLogfmt);
  require(base::is_valid_utf8(line), "a log line is UTF-8", line);
  require_same("a log value reads back", read_logged(line), text);
  const std::string json = logged(text, base::LogFormat::kJson);
  require(base::is_valid_utf8(json), "a JSON line is UTF-8", json);
  require_same("a JSON value reads back", read_logged_json(json),
               model_replace_bad_utf8(text));
}

void check_event(std::string_view text) {
  if (!base::is_valid_utf8(text) || text.find('\0') != std::string_view::npos) {
    return;
  }
  const sse::FrameRef frame =
      sse::encode_event({.name = {}, .data = text, .id = "e-1"});
  const auto events = read_events(frame->plain());
  require(events.size() == 1, "one event", frame->plain());
  require_same("the data of an event", events[0], as_event_data(text));
  require(frame->chunked().find(frame->plain()) != std::string_view::npos,
          "a chunk holds its payload", frame->chunked());
}

}  // namespace

void fuzz(std::string_view text) {
  check_utf8(text);
  check_percent(text);
  check_json(text);
  check_words(text);
  check_units(text);
  check_byte_size_of(text);
  check_log(text);
  check_event(text);
}

}  // namespace rivulet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Memory of just its size, so that AddressSanitizer sees a byte too far.
  const std::string copy(reinterpret_cast<const char*>(data), size);
  rivulet::fuzz::fuzz(copy);
  return 0;
}

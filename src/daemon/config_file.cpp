#include "daemon/config_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "daemon/option_error.h"
#include "os/file.h"

namespace rivulet::daemon {
namespace {

constexpr size_t kMostBytes = size_t{1024} * 1024;
// Which editors of other systems put first; nobody would see it in a refusal.
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string take_line(std::string_view line, size_t number,
                      MayRepeat may_repeat, ConfigFile& file) {
  std::string_view value = line;
  const std::string_view name = base::trim(base::take_until(value, '='));
  if (line.find('=') == std::string_view::npos || name.empty()) {
    return "expected 'name = value', or a comment that starts with #";
  }
  const auto earlier =
      std::find_if(file.lines.begin(), file.lines.end(),
                   [name](const ConfigLine& l) { return l.name == name; });
  if (earlier != file.lines.end() && !may_repeat(name)) {
    return fmt::format("{}: is set already in line {}", base::printable(name),
                       earlier->number);
  }
  file.lines.push_back({number, name, base::trim(value)});
  return "";
}

std::string text_of(os::FileContent content) {
  if (!content.problem.empty()) throw OptionError(content.problem);
  return std::move(content.bytes);
}

}  // namespace

ConfigFile parse_config(std::string_view text, MayRepeat may_repeat) {
  ConfigFile file;
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  for (size_t number = 1; !text.empty(); ++number) {
    std::string_view line = base::take_until(text, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = base::trim(line);
    if (line.empty() || line.starts_with('#')) continue;
    std::string reason = take_line(line, number, may_repeat, file);
    if (!reason.empty()) file.problems.push_back({number, std::move(reason)});
  }
  return file;
}

std::string read_config_file(const std::string& path) {
  return text_of(os::read_whole_file(path, kMostBytes));
}

std::string reread_config_file(const std::string& path) {
  return text_of(os::read_regular_file(path, kMostBytes));
}

bool fits_in_a_line(std::string_view value) {
  return base::is_valid_utf8(value) && !base::has_control_characters(value) &&
         base::trim(value) == value &&
         value.find(" #") == std::string_view::npos;
}

}  // namespace rivulet::daemon

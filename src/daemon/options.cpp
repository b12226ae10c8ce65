#include "daemon/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "daemon/addresses.h"
#include "daemon/command_line.h"

namespace rivulet::daemon {
namespace {

constexpr std::string_view kMask = "********";

bool reads_options(Task task) {
  return task != Task::kDefaultConfig && task != Task::kHelp &&
         task != Task::kManual && task != Task::kVersion;
}

// A status comes in the path, so the target has room for an event's data and
// the rest of the path. More, as percent-encoding makes it, is refused: all of
// it is held while the head arrives.
size_t target_bytes_for(size_t max_event_bytes) {
  constexpr size_t kRoomForPath = 1024;
  return std::max(http::RequestLimits().target_bytes,
                  max_event_bytes + kRoomForPath);
}

std::string names_for_a_file() {
  std::string names;
  for (const Row& row : option_rows()) {
    if (row.trait == Trait::kNotInFile) continue;
    if (!names.empty()) names += ", ";
    names += row.name;
  }
  return names;
}

bool is_list(std::string_view name) {
  const Row* row = find_row(name);
  return row != nullptr && row->trait == Trait::kList;
}

std::optional<Source> from_environment(const Row& row,
                                       const Environment& environment) {
  const std::string name = variable_of(row);
  if (auto value = environment(name)) {
    return Source{*value, name, Rank::kEnvironment};
  }
  if (row.name != "port") return std::nullopt;
  if (auto value = environment("PORT")) {
    return Source{*value, "PORT", Rank::kEnvironment};
  }
  return std::nullopt;
}

// One reading of all sources, from the highest order to the lowest.
class Reading {
 public:
  explicit Reading(Sources flags) : sources_(std::move(flags)) {}

  void add_environment(const Environment& environment);
  void add_file(const FileReader& read_file);
  void add_defaults();

  // Puts the values in their places. Throws when anything was wrong.
  Options finish();

 private:
  std::optional<Source>& of(std::string_view name) {
    return sources_[index_of(*find_row(name))];
  }
  void add_line(const std::string& path, const ConfigLine& line);
  void drop_overruled_port();
  void tell_port_in_listen(Options& options);
  void apply(const Row& row, const Source& source, Options& options);
  void throw_problems() const;

  Sources sources_;
  // Lines of the file in whose place something else counts.
  Sources overruled_ = Sources(option_rows().size());
  std::vector<std::string> problems_;
  bool wrong_usage_ = false;
};

void Reading::add_environment(const Environment& environment) {
  for (const Row& row : option_rows()) {
    auto& source = sources_[index_of(row)];
    if (!source) source = from_environment(row, environment);
  }
}

void Reading::add_file(const FileReader& read_file) {
  const std::optional<Source>& config = of("config");
  if (!config) return;
  const std::string path = base::printable(config->value);
  std::string text;
  try {
    text = read_file(config->value);
  } catch (const OptionError& error) {
    problems_.push_back(
        refusal_text(*find_row("config"), *config, error.what()));
    return;
  }
  const ConfigFile file = parse_config(text, is_list);
  for (const ConfigProblem& problem : file.problems) {
    problems_.push_back(
        fmt::format("{}:{}: {}", path, problem.number, problem.reason));
  }
  for (const ConfigLine& line : file.lines) add_line(path, line);
}

void Reading::add_line(const std::string& path, const ConfigLine& line) {
  const std::string origin = fmt::format("{}:{}", path, line.number);
  const Row* row = find_row(line.name);
  if (row == nullptr) {
    problems_.push_back(fmt::format("{}: unknown option '{}': there are {}",
                                    origin, base::printable(line.name),
                                    names_for_a_file()));
    return;
  }
  Source source{std::string(line.value), origin, Rank::kFile};
  if (row->trait == Trait::kNotInFile) {
    problems_.push_back(refusal_text(*row, source, "cannot be set in a file"));
    return;
  }
  auto& place = sources_[index_of(*row)];
  const bool overruled = place && place->rank > Rank::kFile;
  add_source(*row, std::move(source),
             overruled ? overruled_[index_of(*row)] : place);
}

void Reading::add_defaults() {
  for (const Row& row : option_rows()) {
    auto& source = sources_[index_of(row)];
    if (source || row.default_value.empty()) continue;
    source = Source{std::string(row.default_value), "default", Rank::kDefault};
  }
  drop_overruled_port();
}

void Reading::drop_overruled_port() {
  auto& port = of("port");
  if (!port || port->rank >= of("listen")->rank) return;
  if (port->rank == Rank::kFile) {
    overruled_[index_of(*find_row("port"))] = port;
  }
  port.reset();
}

// The port is part of the address by then, and nothing by itself.
void Reading::tell_port_in_listen(Options& options) {
  auto& port = of("port");
  if (!port) return;
  auto& listen = of("listen");
  listen->value = join(options.settings.listen);
  listen->origin += ", and the port from " + port->origin;
  port.reset();
}

void Reading::apply(const Row& row, const Source& source, Options& options) {
  try {
    if (!fits_in_a_line(source.value)) {
      throw OptionError(
          "a value is UTF-8 without control characters, without blanks around "
          "it and without ' #'");
    }
    row.set(options, source.value);
  } catch (const OptionError& error) {
    problems_.push_back(refusal_text(row, source, error.what()));
    wrong_usage_ = wrong_usage_ || source.rank == Rank::kFlag;
  }
}

void Reading::throw_problems() const {
  if (problems_.empty()) return;
  std::string message;
  for (const std::string& problem : problems_) {
    if (!message.empty()) message += '\n';
    message += problem;
  }
  if (wrong_usage_) throw UsageError(message);
  throw ConfigError(message);
}

Options Reading::finish() {
  Options options;
  Options unused;
  for (const Row& row : option_rows()) {
    const auto& source = sources_[index_of(row)];
    if (source) apply(row, *source, options);
    const auto& overruled = overruled_[index_of(row)];
    if (overruled) apply(row, *overruled, unused);
  }
  throw_problems();
  tell_port_in_listen(options);
  options.settings.request.target_bytes =
      target_bytes_for(options.settings.max_event_bytes);
  options.sources = std::move(sources_);
  return options;
}

}  // namespace

Options read_options(const std::vector<std::string>& arguments,
                     const Environment& environment,
                     const FileReader& read_file) {
  CommandLine line = read_command_line(arguments);
  Options options;
  if (reads_options(line.task)) {
    Reading reading(std::move(line.flags));
    reading.add_environment(environment);
    reading.add_file(read_file);
    reading.add_defaults();
    options = reading.finish();
  }
  options.task = line.task;
  return options;
}

std::string shown_value(const Row& row, std::string_view value) {
  const std::string_view secret = secret_part(row, value);
  if (row.trait == Trait::kSecret) return std::string(kMask);
  if (secret.empty()) return base::printable(value);
  const auto begin = static_cast<size_t>(secret.data() - value.data());
  return base::printable(value.substr(0, begin)) + std::string(kMask) +
         base::printable(value.substr(begin + secret.size()));
}

std::string refusal_text(const Row& row, const Source& source,
                         std::string_view reason) {
  const std::string name =
      source.rank == Rank::kFile ? fmt::format(": {}", row.name) : "";
  return fmt::format("{}{}: '{}': {}", source.origin, name,
                     shown_value(row, source.value), reason);
}

}  // namespace rivulet::daemon

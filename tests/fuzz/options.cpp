// Fuzzes daemon::read_options and os::parse_address. The input is a list of
// arguments, each ended by a NUL; one that starts with '$' is a variable of
// the environment, "$NAME=value", and one that starts with '%' is the content
// of the file that is there, whatever its name.
//
// What must hold: an OptionError that says something, or values in limits; a
// value written out reads back as the same; a flag and its variable mean the
// same; an address that is taken can be written and read again.
#include "daemon/options.h"

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "check.h"
#include "daemon/addresses.h"
#include "daemon/option_error.h"
#include "os/address.h"
#include "text_model.h"

namespace rivulet::fuzz {
namespace {

using Arguments = std::vector<std::string>;
using Variables = std::map<std::string, std::string>;

struct Result {
  std::optional<daemon::Options> options;
  std::string error;
};

Result read(const Arguments& arguments, const Variables& variables,
            const std::string& file) {
  const auto environment =
      [&variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
  Result result;
  try {
    result.options = daemon::read_options(
        arguments, environment, [&file](const std::string&) { return file; });
  } catch (const daemon::OptionError& error) {
    result.error = error.what();
    require(!result.error.empty(), "a refusal without a word");
  }
  return result;
}

bool serves(const Result& result) {
  return result.options && result.options->task == daemon::Task::kServe;
}

void check_limits(const server::Settings& s) {
  using base::Duration;
  const Duration hour{3'600'000};
  const Duration tenth{100};
  require(s.heartbeat >= tenth && s.heartbeat <= hour, "heartbeat");
  require(s.retry >= Duration(0) && s.retry <= hour, "retry");
  require(s.header_timeout >= tenth && s.header_timeout <= hour, "header");
  require(s.keepalive_timeout >= tenth && s.keepalive_timeout <= 24 * hour,
          "keepalive");
  require(s.write_timeout >= tenth && s.write_timeout <= hour, "write");
  require(s.drain_timeout >= Duration(0) && s.drain_timeout <= hour, "drain");
  require(s.max_event_bytes >= 1 && s.max_event_bytes <= 16U << 20, "event");
  require(s.queue_bytes >= 4096 && s.queue_bytes <= 1U << 30, "queue");
  require(s.request.target_bytes > s.max_event_bytes, "room for a status");
}

std::string octal(unsigned mode) {
  std::string digits;
  for (int n = 0; n < 3; ++n) {
    digits.insert(digits.begin(), static_cast<char>('0' + mode % 8));
    mode /= 8;
  }
  return "--socket-mode=" + digits;
}

// The options as a command line that spells out each.
Arguments written(const daemon::Options& options) {
  const server::Settings& s = options.settings;
  Arguments arguments{
      "--listen=" + daemon::join(s.listen),
      "--heartbeat=" + base::format_duration(s.heartbeat),
      "--retry=" + base::format_duration(s.retry),
      "--header-timeout=" + base::format_duration(s.header_timeout),
      "--keepalive-timeout=" + base::format_duration(s.keepalive_timeout),
      "--write-timeout=" + base::format_duration(s.write_timeout),
      "--drain-timeout=" + base::format_duration(s.drain_timeout),
      "--max-event-bytes=" + base::format_byte_size(s.max_event_bytes),
      "--queue-bytes=" + base::format_byte_size(s.queue_bytes),
      "--memory-limit=" + base::format_byte_size(s.memory_limit),
      "--max-streams-per-address=" + std::to_string(s.max_streams_per_address),
      "--max-streams-per-id=" + std::to_string(s.max_streams_per_id),
      "--log-level=" + std::string(base::to_string(options.log_level)),
      "--log-format=" + std::string(base::to_string(options.log_format)),
      "--access-log=" + std::string(s.access_log ? "on" : "off")};
  if (s.max_streams > 0) {
    arguments.push_back("--max-streams=" + std::to_string(s.max_streams));
  }
  if (!s.www.empty()) arguments.push_back("--www=" + s.www);
  if (!s.admin_listen.empty()) {
    arguments.push_back("--admin-listen=" + daemon::join(s.admin_listen));
  }
  if (s.reuse_port) arguments.push_back("--reuse-port=on");
  if (s.socket_mode) arguments.push_back(octal(*s.socket_mode));
  return arguments;
}

std::string joined(const daemon::Options& options) {
  std::string text;
  for (const std::string& argument : written(options)) text += argument + "\n";
  return text;
}

void check_written(const daemon::Options& options) {
  const Result again = read(written(options), {}, {});
  require(again.options.has_value(), "what is written reads back", again.error);
  require_same("what is written reads back", joined(options),
               joined(*again.options));
}

void check_address(const std::string& listen) {
  std::string text;
  try {
    text = os::to_string(os::parse_address(listen));
  } catch (const std::invalid_argument& error) {
    require(error.what()[0] != '\0', "a refusal without a word");
    return;
  }
  require_same("an address reads back", text,
               os::to_string(os::parse_address(text)));
}

std::string variable_of(std::string_view flag) {
  std::string name = "RIVULET_";
  for (const char c : flag.substr(2)) {
    name += c == '-'                 ? '_'
            : (c >= 'a' && c <= 'z') ? static_cast<char>(c - 32)
                                     : c;
  }
  return name;
}

// Flags of the form --name=value, given as variables instead. A flag --listen
// overrules a variable for the port, so the two together say something else.
void check_as_variables(const Arguments& arguments, const std::string& file,
                        const Result& by_flag) {
  Variables variables;
  for (const std::string& argument : arguments) {
    const size_t equals = argument.find('=');
    if (!argument.starts_with("--") || equals == std::string::npos) return;
    std::string& value = variables[variable_of(argument.substr(0, equals))];
    const daemon::Row* row = daemon::find_row(argument.substr(2, equals - 2));
    const bool list = row != nullptr && row->trait == daemon::Trait::kList;
    value = list && !value.empty() ? value + ", " : "";
    value += argument.substr(equals + 1);
    // One that is no name of an option must not become one.
    if (argument.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_") < equals) return;
  }
  if (!serves(by_flag)) return;
  const Result result = read({}, variables, file);
  require(result.options.has_value(), "a flag, but no variable", result.error);
  require_same("flag and variable", joined(*by_flag.options),
               joined(*result.options));
}

}  // namespace

void fuzz(std::string_view text) {
  Arguments arguments;
  Variables variables;
  std::string file;
  for (const std::string& part : model_split(text, '\0')) {
    if (part.starts_with('%')) {
      file = part.substr(1);
      continue;
    }
    if (!part.starts_with('$')) {
      arguments.push_back(part);
      continue;
    }
    const size_t equals = part.find('=');
    if (equals == std::string::npos) continue;
    variables[part.substr(1, equals - 1)] = part.substr(equals + 1);
  }
  if (!arguments.empty() && arguments.back().empty()) {
    arguments.pop_back();  // what stands behind the last NUL
  }
  const Result result = read(arguments, variables, file);
  if (variables.empty()) check_as_variables(arguments, file, result);
  if (!serves(result)) return;
  check_limits(result.options->settings);
  check_written(*result.options);
  for (const auto* list : {&result.options->settings.listen,
                           &result.options->settings.admin_listen}) {
    for (const std::string& address : *list) check_address(address);
  }
}

}  // namespace rivulet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rivulet::fuzz::fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}

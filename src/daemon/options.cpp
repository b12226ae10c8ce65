#include "daemon/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "base/text.h"
#include "base/units.h"

namespace rivulet::daemon {
namespace {

// Puts a value in its place; throws OptionError with what is wrong with it.
using Setter = void (*)(Options& options, std::string_view value);

struct Row {
  std::string_view name;
  std::string_view value_name;
  std::string_view default_value;
  Setter set;
  std::string_view help;
};

base::Duration duration(std::string_view value, base::Duration least,
                        base::Duration most) {
  const auto parsed = base::parse_duration(value);
  if (!parsed) throw OptionError("expected a duration such as 500ms, 15s, 2m");
  if (*parsed < least || *parsed > most) {
    throw OptionError(fmt::format("must be from {} to {}",
                                  base::format_duration(least),
                                  base::format_duration(most)));
  }
  return *parsed;
}

size_t byte_size(std::string_view value, size_t least, size_t most) {
  const auto parsed = base::parse_byte_size(value);
  if (!parsed) throw OptionError("expected a size such as 512, 64KiB, 1MiB");
  if (*parsed < least || *parsed > most) {
    throw OptionError(fmt::format("must be from {} to {}",
                                  base::format_byte_size(least),
                                  base::format_byte_size(most)));
  }
  return static_cast<size_t>(*parsed);
}

size_t count(std::string_view value) {
  constexpr size_t kMost = 1'000'000'000;
  const auto number = base::parse_decimal(value);
  if (!number || *number > kMost) {
    throw OptionError(fmt::format("expected a number from 0 to {}", kMost));
  }
  return static_cast<size_t>(*number);
}

void set_port(Options& options, std::string_view value) {
  const auto port = base::parse_decimal(value);
  if (!port || *port > 65535) {
    throw OptionError("a port is a number from 0 to 65535");
  }
  std::string& listen = options.settings.listen;
  if (listen.starts_with("unix:")) {
    throw OptionError("a unix socket in 'listen' has no port");
  }
  const size_t host_end = listen.starts_with('[') ? listen.find(']') : 0;
  const size_t colon = listen.find(':', std::min(host_end, listen.size()));
  listen = listen.substr(0, colon) + ":" + std::string(value);
}

constexpr base::Duration kSecond{1'000};
constexpr base::Duration kHour{3'600'000};
constexpr base::Duration kDay = 24 * kHour;
constexpr size_t kKiB = 1024;
constexpr size_t kMiB = 1024 * kKiB;
constexpr size_t kGiB = 1024 * kMiB;
constexpr size_t kTiB = 1024 * kGiB;

constexpr std::array kRows{
    Row{"listen", "ADDRESS", "127.0.0.1:3000",
        [](Options& o, std::string_view v) { o.settings.listen = v; },
        "where to listen: HOST:PORT with a numeric host, 'localhost' or '*', "
        "or unix:/path"},
    Row{"port", "PORT", "", set_port,
        "the port of 'listen' alone; also the variable PORT"},
    Row{"www", "DIR", "",
        [](Options& o, std::string_view v) { o.settings.www = v; },
        "serve the page from this folder, not from the binary"},
    Row{"heartbeat", "TIME", "15s",
        [](Options& o, std::string_view v) {
          o.settings.heartbeat = duration(v, kSecond / 10, kHour);
        },
        "send a comment on a stream that was silent for so long"},
    Row{"retry", "TIME", "3s",
        [](Options& o, std::string_view v) {
          o.settings.retry = duration(v, base::Duration(0), kHour);
        },
        "how long clients wait before they reconnect, or up to half more"},
    Row{"max-event-bytes", "SIZE", "64KiB",
        [](Options& o, std::string_view v) {
          o.settings.max_event_bytes = byte_size(v, 1, 16 * kMiB);
        },
        "the most data of one event"},
    Row{"history-events", "COUNT", "10000",
        [](Options& o, std::string_view v) {
          o.settings.history.events = count(v);
        },
        "how many events are kept for clients that come back; 0 for none"},
    Row{"history-bytes", "SIZE", "16MiB",
        [](Options& o, std::string_view v) {
          o.settings.history.bytes = byte_size(v, 4 * kKiB, kTiB);
        },
        "what these events may take"},
    Row{"queue-bytes", "SIZE", "1MiB",
        [](Options& o, std::string_view v) {
          o.settings.queue_bytes = byte_size(v, 4 * kKiB, kGiB);
        },
        "what may wait for one slow stream, where no history has it"},
    Row{"memory-limit", "SIZE", "256MiB",
        [](Options& o, std::string_view v) {
          o.settings.memory_limit = byte_size(v, kMiB, kTiB);
        },
        "what all slow clients together may keep waiting in the server"},
    Row{"max-streams", "COUNT", "",
        [](Options& o, std::string_view v) {
          o.settings.max_streams = count(v);
        },
        "open streams; unless set, as many as there are descriptors for"},
    Row{"max-streams-per-address", "COUNT", "0",
        [](Options& o, std::string_view v) {
          o.settings.max_streams_per_address = count(v);
        },
        "for one IPv4 address or IPv6 /64; 0 for any number"},
    Row{"max-streams-per-id", "COUNT", "0",
        [](Options& o, std::string_view v) {
          o.settings.max_streams_per_id = count(v);
        },
        "under one client id; 0 for any number"},
    Row{"header-timeout", "TIME", "10s",
        [](Options& o, std::string_view v) {
          o.settings.header_timeout = duration(v, kSecond / 10, kHour);
        },
        "for a whole request head to arrive"},
    Row{"keepalive-timeout", "TIME", "75s",
        [](Options& o, std::string_view v) {
          o.settings.keepalive_timeout = duration(v, kSecond / 10, kDay);
        },
        "for the next request on an open connection; longer than the proxy's"},
    Row{"write-timeout", "TIME", "30s",
        [](Options& o, std::string_view v) {
          o.settings.write_timeout = duration(v, kSecond / 10, kHour);
        },
        "for a full socket to take something, before it is closed"},
    Row{"drain-timeout", "TIME", "10s",
        [](Options& o, std::string_view v) {
          o.settings.drain_timeout = duration(v, base::Duration(0), kHour);
        },
        "for streams and answers to end after SIGTERM"},
    Row{"log-level", "LEVEL", "info",
        [](Options& o, std::string_view v) {
          const auto level = base::parse_log_level(v);
          if (!level) throw OptionError("expected debug, info, warning, error");
          o.log_level = *level;
        },
        "what to log: debug, info, warning or error"},
};

const Row* find_row(std::string_view name) {
  const auto* row =
      std::find_if(kRows.begin(), kRows.end(),
                   [name](const Row& r) { return r.name == name; });
  return row == kRows.end() ? nullptr : row;
}

std::string variable_of(const Row& row) {
  std::string name = "RIVULET_";
  for (const char c : row.name) {
    name += c == '-' ? '_' : static_cast<char>(c - 'a' + 'A');
  }
  return name;
}

// Values by row, with where each came from for messages.
struct Source {
  std::string value;
  std::string origin;  // "--port", "RIVULET_PORT", "PORT", "default"
};
using Sources = std::array<std::optional<Source>, kRows.size()>;

size_t index_of(const Row& row) {
  return static_cast<size_t>(&row - kRows.data());
}

// Reads `--name value` and `--name=value`.
Sources read_flags(const std::vector<std::string>& arguments,
                   Options& options) {
  Sources sources;
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string_view rest = arguments[i];
    if (rest == "--help" || rest == "-h") {
      options.help = true;
      continue;
    }
    if (rest == "--version") {
      options.version = true;
      continue;
    }
    const bool has_value = rest.find('=') != std::string_view::npos;
    const std::string flag(base::take_until(rest, '='));
    const Row* row =
        flag.starts_with("--") ? find_row(flag.substr(2)) : nullptr;
    if (row == nullptr) {
      throw OptionError(fmt::format("unknown option '{}'; see --help", flag));
    }
    if (!has_value && i + 1 == arguments.size()) {
      throw OptionError(fmt::format("{} needs a value", flag));
    }
    std::string value = has_value ? std::string(rest) : arguments[++i];
    sources[index_of(*row)] = Source{std::move(value), flag};
  }
  return sources;
}

std::optional<Source> from_environment(const Row& row,
                                       const Environment& environment) {
  const std::string name = variable_of(row);
  if (auto value = environment(name)) return Source{*value, name};
  if (row.name != "port") return std::nullopt;
  if (auto value = environment("PORT")) return Source{*value, "PORT"};
  return std::nullopt;
}

// A status comes in the path, so the target has room for an event's data and
// the rest of the path. More, as percent-encoding makes it, is refused: all of
// it is held while the head arrives.
size_t target_bytes_for(size_t max_event_bytes) {
  constexpr size_t kRoomForPath = 1024;
  return std::max(http::RequestLimits().target_bytes,
                  max_event_bytes + kRoomForPath);
}

void apply(const Row& row, const Source& source, Options& options) {
  try {
    row.set(options, source.value);
  } catch (const OptionError& error) {
    throw OptionError(
        fmt::format("{}: '{}': {}", source.origin, source.value, error.what()));
  }
}

}  // namespace

Options read_options(const std::vector<std::string>& arguments,
                     const Environment& environment) {
  Options options;
  Sources sources = read_flags(arguments, options);
  if (options.help || options.version) return options;
  const bool listen_by_flag =
      sources[index_of(*find_row("listen"))].has_value();
  for (const Row& row : kRows) {
    auto& source = sources[index_of(row)];
    // A flag that names an address names its port too.
    const bool overruled = row.name == "port" && listen_by_flag;
    if (!source && !overruled) source = from_environment(row, environment);
    if (!source && !row.default_value.empty()) {
      source = Source{std::string(row.default_value), "default"};
    }
    if (source) apply(row, *source, options);
  }
  options.settings.request.target_bytes =
      target_bytes_for(options.settings.max_event_bytes);
  return options;
}

std::string help_text() {
  std::string text =
      "Usage: rivulet [--OPTION VALUE]...\n"
      "A Server-Sent-Events server: streams out, a curl line in.\n\n";
  auto end = std::back_inserter(text);
  for (const Row& row : kRows) {
    const std::string flag = fmt::format("--{} {}", row.name, row.value_name);
    fmt::format_to(end, "  {:<26} {}\n", flag, row.help);
    fmt::format_to(end, "  {:<26} {}", "", variable_of(row));
    if (!row.default_value.empty()) {
      fmt::format_to(end, ", default {}", row.default_value);
    }
    text += '\n';
  }
  fmt::format_to(end, "  {:<26} {}\n", "--help", "this text");
  fmt::format_to(end, "  {:<26} {}\n", "--version", "the version");
  return text;
}

}  // namespace rivulet::daemon

#include "daemon/option_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>
#include <variant>

#include "base/text.h"
#include "cluster/redis_address.h"
#include "cluster/redis_connection.h"
#include "daemon/addresses.h"
#include "daemon/option_error.h"
#include "daemon/option_values.h"
#include "daemon/tokens.h"
#include "os/file.h"
#include "server/origins.h"
#include "server/token_claims.h"
#include "server/trusted_proxies.h"

namespace rivulet::daemon {
namespace {

void set_listen(Options& options, std::string_view value) {
  options.settings.listen = parse_addresses(value);
}

void set_port(Options& options, std::string_view value) {
  const auto port = base::parse_decimal(value);
  if (!port || *port > 65535) {
    throw OptionError("a port is a number from 0 to 65535");
  }
  Addresses& listen = options.settings.listen;
  listen = with_port(listen, static_cast<uint16_t>(*port));
}

void set_admin_listen(Options& options, std::string_view value) {
  Addresses addresses = parse_addresses(value);
  check_distinct(addresses, options.settings.listen);
  options.settings.admin_listen = std::move(addresses);
}

void set_publish_token(Options& options, std::string_view value) {
  check_token(value);
  options.settings.publish_tokens.emplace_back(value);
}

void warn_unless_private(Options& options, const TokenFile& file,
                         std::string_view name, std::string_view value) {
  if (!file.open_to_all) return;
  options.warnings.push_back(
      fmt::format("every user of this machine may read {} {}", name, value));
}

void set_publish_token_file(Options& options, std::string_view value) {
  TokenFile file = read_token_file(std::string(value));
  for (std::string& token : file.tokens) {
    options.settings.publish_tokens.push_back(std::move(token));
  }
  warn_unless_private(options, file, "publish-token-file", value);
}

void set_subscribe_key_file(Options& options, std::string_view value) {
  if (!server::can_read_tokens()) {
    throw OptionError("this rivulet was built without JWT (make WITH_JWT=0)");
  }
  TokenFile file = read_token_file(std::string(value), kSubscribeKey);
  warn_unless_private(options, file, "subscribe-key-file", value);
  options.settings.subscribe_keys = std::move(file.tokens);
}

void set_allow_origin(Options& options, std::string_view value) {
  try {
    options.settings.allow_origins = server::parse_origins(value);
  } catch (const std::invalid_argument& error) {
    throw OptionError(
        fmt::format("{}; allowed is * or origins such as https://example.com",
                    error.what()));
  }
}

void set_trusted_proxy(Options& options, std::string_view value) {
  try {
    options.settings.trusted_proxies = server::TrustedProxies::parse(value);
  } catch (const std::invalid_argument& error) {
    throw OptionError(
        fmt::format("{}; allowed are addresses, networks and unix:, such as "
                    "10.0.0.0/8,2001:db8::1,unix:",
                    error.what()));
  }
}

void set_www(Options& options, std::string_view value) {
  if (!value.empty() && !os::is_folder(std::string(value))) {
    throw OptionError("must be a folder, or empty for the files in the binary");
  }
  options.settings.www = value;
}

void set_redis(Options& options, std::string_view value) {
  if (!cluster::can_speak_to_redis()) {
    throw OptionError(
        "this rivulet was built without Redis (make WITH_REDIS=0)");
  }
  auto parsed = cluster::parse_redis_address(value);
  if (const auto* problem = std::get_if<std::string>(&parsed)) {
    throw OptionError(*problem);
  }
  options.settings.redis = std::get<cluster::RedisAddress>(std::move(parsed));
}

void set_redis_prefix(Options& options, std::string_view value) {
  constexpr size_t kMost = 128;
  if (value.empty() || value.size() > kMost) {
    throw OptionError(fmt::format("1 to {} bytes", kMost));
  }
  options.settings.redis_prefix = value;
}

void set_log_level(Options& options, std::string_view value) {
  const auto level = base::parse_log_level(value);
  if (!level) throw OptionError("expected debug, info, warning or error");
  options.log_level = *level;
}

void set_log_format(Options& options, std::string_view value) {
  const auto format = base::parse_log_format(value);
  if (!format) throw OptionError("expected logfmt or json");
  options.log_format = *format;
}

constexpr base::Duration kSecond{1'000};
constexpr base::Duration kHour{3'600'000};
constexpr base::Duration kDay = 24 * kHour;
constexpr size_t kKiB = 1024;
constexpr size_t kMiB = 1024 * kKiB;
constexpr size_t kGiB = 1024 * kMiB;
constexpr size_t kTiB = 1024 * kGiB;

constexpr std::array kRows{
    Row{"config", "FILE", "",
        [](Options& o, std::string_view v) { o.config = v; },
        "read options from this file, one 'name = value' a line",
        Trait::kNotInFile},
    Row{"listen", "ADDRESSES", "127.0.0.1:3000", set_listen,
        "where to listen: 'HOST:PORT' with a numeric host, 'localhost' or '*', "
        "or 'unix:/path'; '[::]:3000' takes IPv4 too",
        Trait::kList, Reload::kFixed},
    Row{"port", "PORT", "", set_port,
        "the port of all in 'listen'; also the variable 'PORT'", Trait::kNone,
        Reload::kFixed},
    Row{"admin-listen", "ADDRESSES", "", set_admin_listen,
        "where every route is; 'listen' then has the page and streams alone",
        Trait::kList, Reload::kFixed},
    Row{"socket-mode", "MODE", "",
        [](Options& o, std::string_view v) {
          o.settings.socket_mode = parse_mode(v);
        },
        "who may connect to unix sockets, such as '660'; unless set, as the "
        "umask has it",
        Trait::kNone, Reload::kFixed},
    Row{"reuse-port", "SWITCH", "off",
        [](Options& o, std::string_view v) {
          o.settings.reuse_port = is_on(v);
        },
        "whether several processes may share the ports of 'listen': 'on' or "
        "'off'",
        Trait::kNone, Reload::kFixed},
    Row{"publish-token", "TOKEN", "", set_publish_token,
        "whoever publishes must show it, or one of publish-token-file",
        Trait::kSecret},
    Row{"publish-token-file", "FILE", "", set_publish_token_file,
        "the same, one token a line: old and new while they are exchanged"},
    Row{"subscribe-key-file", "FILE", "", set_subscribe_key_file,
        "streams are for whoever shows a JWT (HS256) that one of its keys, one "
        "a line, has signed"},
    Row{"allow-origin", "ORIGINS", "*", set_allow_origin,
        "whose pages may read streams, and, when listed, publish: '*' or "
        "'https://a.example,https://b.example'",
        Trait::kList},
    Row{"trusted-proxy", "ADDRESSES", "", set_trusted_proxy,
        "whose X-Forwarded-For or Forwarded is believed: "
        "'10.0.0.0/8,2001:db8::1,unix:'",
        Trait::kList},
    Row{"www", "DIR", "", set_www,
        "serve the page from this folder instead of the binary, while working "
        "on it"},
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
        "how many events are kept for clients that come back; 0 for none, and "
        "then events have no ids"},
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
        "for a whole request head to arrive, and for each tenth of a body"},
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
    Row{"redis", "URL", "", set_redis,
        "share events with other instances through this Redis: "
        "'redis://user:password@host:6379/0' or "
        "'redis+unix:///run/redis.sock?db=0'",
        Trait::kUrl, Reload::kFixed},
    Row{"redis-prefix", "TEXT", "rivulet", set_redis_prefix,
        "what the names of its keys begin with: instances with the same one "
        "belong together",
        Trait::kNone, Reload::kFixed},
    Row{"redis-events", "COUNT", "100000",
        [](Options& o, std::string_view v) {
          o.settings.redis_events = count(v, 1);
        },
        "about how many events Redis keeps for clients that come back",
        Trait::kNone, Reload::kFixed},
    Row{"redis-wait", "TIME", "0s",
        [](Options& o, std::string_view v) {
          o.settings.redis_wait = duration(v, base::Duration(0), kHour);
        },
        "how long a publish waits for a Redis that is away, before it is told "
        "to come back later",
        Trait::kNone, Reload::kFixed},
    Row{"log-level", "LEVEL", "info", set_log_level,
        "what to log: 'debug', 'info', 'warning' or 'error'"},
    Row{"log-format", "FORMAT", "logfmt", set_log_format,
        "how lines of the log look: 'logfmt' or 'json'"},
    Row{"access-log", "SWITCH", "off",
        [](Options& o, std::string_view v) {
          o.settings.access_log = is_on(v);
        },
        "whether each request is logged, at level info: 'on' or 'off'"},
};

constexpr std::array kTasks{
    TaskRow{"--check-config", Task::kCheckConfig,
            "say what is wrong with all of this, or ok"},
    TaskRow{"--print-config", Task::kPrintConfig,
            "each option's value and where it comes from, as a file"},
    TaskRow{"--default-config", Task::kDefaultConfig,
            "a file to start from: each option and its default, as comments"},
    TaskRow{"--healthcheck", Task::kHealthCheck,
            "ask the server with these options whether it lives"},
    TaskRow{"--help", Task::kHelp, "this text"},
    TaskRow{"--man", Task::kManual,
            "the manual page; 'rivulet --man | man -l -' shows it"},
    TaskRow{"--version", Task::kVersion, "the version"},
};

}  // namespace

std::span<const Row> option_rows() {
  return kRows;
}

std::span<const TaskRow> task_rows() {
  return kTasks;
}

const Row* find_row(std::string_view name) {
  const auto* row =
      std::find_if(kRows.begin(), kRows.end(),
                   [name](const Row& r) { return r.name == name; });
  return row == kRows.end() ? nullptr : row;
}

std::string_view secret_part(const Row& row, std::string_view value) {
  if (row.trait == Trait::kSecret) return value;
  if (row.trait != Trait::kUrl) return {};
  const size_t end = value.rfind('@');
  if (end == std::string_view::npos) return {};
  constexpr std::string_view kBefore = "://";
  const size_t scheme = value.find(kBefore);
  const size_t begin =
      scheme == std::string_view::npos ? 0 : scheme + kBefore.size();
  return value.substr(begin, end - std::min(begin, end));
}

void add_source(const Row& row, Source source, std::optional<Source>& place) {
  if (!place || row.trait != Trait::kList) {
    place = std::move(source);
    return;
  }
  place->value += ", " + source.value;
  if (place->origin != source.origin) place->origin += ", " + source.origin;
}

size_t index_of(const Row& row) {
  return static_cast<size_t>(&row - kRows.data());
}

std::string_view reload_note(const Row& row) {
  return row.reload == Reload::kFixed ? "fixed at start" : "";
}

std::string variable_of(const Row& row) {
  std::string name = "RIVULET_";
  for (const char c : row.name) {
    name += c == '-' ? '_' : static_cast<char>(c - 'a' + 'A');
  }
  return name;
}

}  // namespace rivulet::daemon

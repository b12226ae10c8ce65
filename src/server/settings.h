// What the operator may tune, as values. daemon/options fills this from flags,
// environment and file; the server reads it and asks nobody else.
//
// A running server takes others (Context::reload()), but for FixedSettings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/siphash.h"
#include "cluster/redis_address.h"
#include "http/limits.h"
#include "hub/history.h"
#include "server/trusted_proxies.h"

namespace rivulet::server {

// What is as it was at the start: options that the table calls fixed
// (daemon/option_table.h), and what no option sets.
struct FixedSettings {
  // Where to listen (os/address.h). Those of `admin_listen`, where there are
  // any, are the only ones with every route (listener_kind.h).
  std::vector<std::string> listen;
  std::vector<std::string> admin_listen;
  // Of unix sockets' files, and whether other processes may take part in the
  // ports of `listen` (os/listener.h).
  std::optional<unsigned> socket_mode;
  bool reuse_port = false;
  // Of event ids (hub/event_id.h): to be another one in each process.
  uint64_t epoch = 0;
  // The Redis that several instances have in common (cluster/backplane.h), what
  // their keys begin with, how many events it keeps, how long a publish waits
  // while it is away, and the name of this instance: another one in each.
  std::optional<cluster::RedisAddress> redis;
  std::string redis_prefix;
  size_t redis_events = 0;
  base::Duration redis_wait{};
  std::string instance;
  // How many events are handed to streams in one turn of the loop, and how
  // many ahead of what is written (publish_turns.h): some milliseconds, and
  // some megabytes. No options: only simulations and tests set them.
  size_t deliveries_a_turn = 50'000;
  size_t deliveries_ahead = 1'000'000;
  // Of this program, as /metrics names it.
  std::string version;
  // Of the jitter (base/random.h).
  uint64_t seed = 0;
  // Of the tables whose keys strangers choose (base/siphash.h), and of the
  // digests of tokens.
  base::HashKey hash_key;
};

struct Settings : FixedSettings {
  // Those who may publish have one of these (publish_tokens.h); with none,
  // everybody may.
  std::vector<std::string> publish_tokens;
  // Streams are for those who show a token that one of these has signed
  // (subscribe_tokens.h); with none, for everybody.
  std::vector<std::string> subscribe_keys;
  // Whose pages may read answers, and publish (cors.h); with none, any may read
  // and none may publish.
  std::vector<std::string> allow_origins;
  // Who is believed about the clients behind them (forwarded.h).
  TrustedProxies trusted_proxies;
  // A folder to serve the page from; empty for the files in the binary.
  std::string www;
  // A comment is sent on a stream that had no write for so long.
  base::Duration heartbeat{};
  // What the `retry:` field tells clients to wait before they reconnect, or up
  // to half more: so a crowd does not come back in one instant.
  base::Duration retry{};
  // For a whole request head, from its first byte or from connecting, and for
  // each tenth of a body (connection.h).
  base::Duration header_timeout{};
  // For the next request of a connection that is kept open.
  base::Duration keepalive_timeout{};
  // A socket that takes nothing for so long, though something waits for it, is
  // closed.
  base::Duration write_timeout{};
  // For streams and answers to end after SIGTERM.
  base::Duration drain_timeout{};
  // The data of one event.
  size_t max_event_bytes = 0;
  // The events kept for those who come back or are slow (hub/history.h).
  hub::HistoryLimits history;
  // What may wait for one stream before it is ended as too slow, where the
  // history does not have it.
  size_t queue_bytes = 0;
  // What all slow peers together may hold (held_memory.h).
  size_t memory_limit = 0;
  // Streams in total, for one address, under one id (admission.h); 0: any.
  size_t max_streams = 0;
  size_t max_streams_per_address = 0;
  size_t max_streams_per_id = 0;
  // Whether each request has a line in the log (access_log.h).
  bool access_log = false;
  http::RequestLimits request;
};

}  // namespace rivulet::server

// What the connections and streams of one server share. Each holds one
// reference to it instead of a pointer to every piece.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/log.h"
#include "base/random.h"
#include "base/slots.h"
#include "base/throttle.h"
#include "http/response.h"
#include "hub/hub.h"
#include "os/reactor.h"
#include "server/admission.h"
#include "server/client_addresses.h"
#include "server/cluster.h"
#include "server/cors.h"
#include "server/deadlines.h"
#include "server/expiries.h"
#include "server/held_memory.h"
#include "server/metrics.h"
#include "server/page.h"
#include "server/publish_tokens.h"
#include "server/publish_turns.h"
#include "server/settings.h"
#include "server/stats.h"
#include "server/subscribe_tokens.h"
#include "sse/frame.h"

namespace rivulet::server {

struct Context {
 private:
  Settings settings_;  // above those who look at it

 public:
  Context(const Settings& the_settings, const base::Log& the_log)
      : settings_(the_settings),
        log(the_log),
        hub(the_settings.history, the_settings.epoch, the_settings.hash_key,
            the_settings.redis ? hub::IdSystem::kRedis : hub::IdSystem::kOwn),
        admission(settings_, hub),
        client_addresses(settings_),
        cors(settings_),
        publish_tokens(the_settings.publish_tokens, the_settings.hash_key),
        subscribe_tokens(the_settings.subscribe_keys),
        held_memory(the_settings.memory_limit),
        random(the_settings.seed),
        deadlines(the_settings),
        publish_turns(the_settings.deliveries_a_turn,
                      the_settings.deliveries_ahead),
        page(the_settings.www) {
    if (settings.redis) cluster = std::make_unique<Cluster>(*this);
  }

  // As they are now: who needs one looks here each time, and keeps no copy.
  const Settings& settings = settings_;
  const base::Log& log;
  hub::Hub hub;
  Admission admission;
  ClientAddresses client_addresses;
  Cors cors;
  PublishTokens publish_tokens;
  SubscribeTokens subscribe_tokens;
  HeldMemory held_memory;
  base::Random random;
  Deadlines deadlines;
  Expiries expiries;
  PublishTurns publish_turns;
  Page page;
  http::HttpDate date;
  Metrics metrics;
  Stats stats{*this};
  // None unless events go by way of Redis.
  std::unique_ptr<Cluster> cluster;
  // Where streams are, by descriptor.
  static constexpr size_t kStreamBytes = 192;
  base::Slots stream_slots{kStreamBytes};
  // Owns the connections and streams, which leave the lists above when they
  // die: so it is declared after those.
  os::Reactor reactor;

  // Takes what may change of `wanted` (settings.h); open streams notice
  // nothing. Throws std::bad_alloc, and then nothing has changed.
  void reload(Settings wanted);

  // Set once, by SIGTERM: no new streams, and connections close after their
  // answers.
  bool draining = false;

  // What the reactor watches for the server itself: listeners and signals, and
  // connections to Redis.
  size_t own_handlers = 0;
  [[nodiscard]] size_t connections() const {
    const size_t to_redis = cluster ? cluster->backplane().handlers() : 0;
    return reactor.watched() - own_handlers - to_redis;
  }

  // When this process began to serve.
  base::WallSeconds started = os::Reactor::wall_now();

  // Every publish goes through here, so that none is left uncounted: without
  // Redis those of publishers, and with it what comes from there.
  hub::Receipt publish(const hub::Target& target, const sse::Event& event);
  void deliver(hub::EventId id, const hub::Target& target,
               const sse::Event& event);

  // One for each kind of log line that a crowd can cause: it counts what its
  // own lines stand for.
  base::Throttle connections_refused{base::kLogEvery};
  base::Throttle streams_refused{base::kLogEvery};  // they may come back
  base::Throttle streams_denied{base::kLogEvery};   // by their token, for good
  base::Throttle publishes_refused{base::kLogEvery};
  base::Throttle watches_refused{base::kLogEvery};
  base::Throttle connections_evicted{base::kLogEvery};

  // A `retry:` field for whoever is sent away: longer than the usual, and
  // different for each.
  [[nodiscard]] std::string later_retry();

  // Ends the streams of figures; who watches comes back when it may.
  void end_watchers();

  // What a stream opens with: one of a few frames that differ in `retry:`.
  [[nodiscard]] const sse::FrameRef& opening();

  // Frames that are the same for every stream.
  sse::FrameRef heartbeat = sse::encode_comment("");
  sse::FrameRef last_chunk = sse::Frame::raw(sse::kLastChunk);

  // The loop's one read buffer: bytes live in it from a read to the end of the
  // same handler call, so an idle connection owns none.
  [[nodiscard]] std::span<char> read_buffer() { return *read_buffer_; }

 private:
  [[nodiscard]] Admission count_streams(const Settings& wanted) const;
  template <typename Publish>
  hub::Receipt count(const hub::Target& target, Publish publish);

  // What a publish costs when it reaches nobody, in deliveries: encoding and
  // keeping the event, and as much again as one for each topic's name.
  static constexpr size_t kCostOfAPublish = 8;
  static constexpr size_t kOpenings = 64;
  [[nodiscard]] static std::array<sse::FrameRef, kOpenings> encode_openings(
      base::Duration retry);
  std::array<sse::FrameRef, kOpenings> openings_ =
      encode_openings(settings.retry);
  static constexpr size_t kReadBufferBytes = size_t{64} * 1024;
  std::unique_ptr<std::array<char, kReadBufferBytes>> read_buffer_ =
      std::make_unique<std::array<char, kReadBufferBytes>>();
};

}  // namespace rivulet::server

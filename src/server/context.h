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
#include "base/throttle.h"
#include "http/response.h"
#include "hub/hub.h"
#include "os/reactor.h"
#include "server/admission.h"
#include "server/deadlines.h"
#include "server/end_reason.h"
#include "server/held_memory.h"
#include "server/page.h"
#include "server/settings.h"
#include "sse/frame.h"

namespace rivulet::server {

struct Context {
  Context(const Settings& the_settings, const base::Log& the_log)
      : settings(the_settings),
        log(the_log),
        hub(the_settings.history, the_settings.epoch),
        admission(the_settings, hub),
        held_memory(the_settings.memory_limit),
        random(the_settings.seed),
        deadlines(the_settings),
        page(the_settings.www) {}

  const Settings& settings;
  const base::Log& log;
  hub::Hub hub;
  Admission admission;
  HeldMemory held_memory;
  base::Random random;
  Deadlines deadlines;
  Page page;
  http::HttpDate date;
  // Owns the connections and streams, which leave the lists above when they
  // die: so it is declared after those.
  os::Reactor reactor;

  // Set once, by SIGTERM: no new streams, and connections close after their
  // answers.
  bool draining = false;

  // Deliveries of this turn's publishes so far, and what publishing costs when
  // it reaches nobody. A publisher that has more to say waits for the next turn
  // once they are many, so that a probe does not.
  size_t deliveries = 0;
  [[nodiscard]] bool fan_out_spent() const {
    return deliveries > settings.deliveries_per_turn;
  }
  // Every publish goes through here, so that none is left uncounted.
  hub::Receipt publish(const hub::Target& target, const sse::Event& event);

  // Log lines about those who are sent away.
  base::Throttle refusals{base::Duration(5'000)};

  // Streams that have ended, by EndReason.
  std::array<uint64_t, kEndReasons> ended{};

  // A `retry:` field for whoever is sent away: longer than the usual, and
  // different for each.
  [[nodiscard]] std::string later_retry();

  // What a stream opens with: one of a few frames that differ in `retry:`.
  [[nodiscard]] const sse::FrameRef& opening();

  // Frames that are the same for every stream.
  sse::FrameRef heartbeat = sse::encode_comment("");
  sse::FrameRef last_chunk = sse::Frame::raw(sse::kLastChunk);

  // The loop's one read buffer: bytes live in it from a read to the end of the
  // same handler call, so an idle connection owns none.
  [[nodiscard]] std::span<char> read_buffer() { return *read_buffer_; }

 private:
  // Encoding and keeping an event, and each topic's name, in deliveries.
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

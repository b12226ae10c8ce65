// What the connections and streams of one server share. Each holds one
// reference to it instead of a pointer to every piece.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>

#include "base/log.h"
#include "http/response.h"
#include "hub/hub.h"
#include "os/reactor.h"
#include "server/deadlines.h"
#include "server/page.h"
#include "server/settings.h"
#include "sse/frame.h"

namespace rivulet::server {

struct Context {
  Context(const Settings& the_settings, const base::Log& the_log)
      : settings(the_settings),
        log(the_log),
        deadlines(the_settings),
        page(the_settings.www) {}

  const Settings& settings;
  const base::Log& log;
  hub::Hub hub;
  Deadlines deadlines;
  Page page;
  http::HttpDate date;
  // Owns the connections and streams, which leave the lists above when they
  // die: so it is declared after those.
  os::Reactor reactor;

  // Set once, by SIGTERM: no new streams, and connections close after their
  // answers.
  bool draining = false;

  // Frames that are the same for every stream.
  sse::FrameRef opening =
      sse::encode_opening(static_cast<uint64_t>(settings.retry.count()));
  sse::FrameRef heartbeat = sse::encode_comment("");
  sse::FrameRef last_chunk = sse::Frame::raw("0\r\n\r\n");

  // The loop's one read buffer: bytes live in it from a read to the end of the
  // same handler call, so an idle connection owns none.
  [[nodiscard]] std::span<char> read_buffer() { return *read_buffer_; }

 private:
  static constexpr size_t kReadBufferBytes = size_t{64} * 1024;
  std::unique_ptr<std::array<char, kReadBufferBytes>> read_buffer_ =
      std::make_unique<std::array<char, kReadBufferBytes>>();
};

}  // namespace rivulet::server

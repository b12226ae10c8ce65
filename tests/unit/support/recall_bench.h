// A bench whose server has a Redis that nobody has started: its ids are those
// of Redis, and who has seen what only Redis remembers waits for it.
#pragma once

#include <utility>
#include <variant>

#include "server/stream.h"
#include "stream_client.h"

namespace rivulet::test {

inline constexpr const char* kSeenLongAgo = "Last-Event-ID: 50-0\r\n";

inline server::Settings with_redis(server::Settings settings) {
  settings.redis = std::get<cluster::RedisAddress>(
      cluster::parse_redis_address("unix:///nowhere"));
  settings.redis_prefix = "rivulet";
  settings.instance = "me";
  settings.history = {.events = 10, .bytes = size_t{1} << 20U};
  return settings;
}

// Its history begins after the event 100-0.
template <typename Bench>
struct Recalling : Bench {
  explicit Recalling(server::Settings wanted = default_settings())
      : Bench(with_redis(std::move(wanted))) {
    this->context.hub.begin_after({100, 0});
  }

  // The one stream that is open.
  server::Stream& stream() {
    server::Stream* found = nullptr;
    this->context.hub.for_each_subscriber([&found](hub::Subscriber& one) {
      found = &static_cast<server::Stream&>(one);
    });
    REQUIRE(found != nullptr);
    return *found;
  }
};

}  // namespace rivulet::test

#include "crowd.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

#include "daemon/options.h"
#include "no_kernel.h"
#include "server/stream.h"
#include "server/stream_head.h"

namespace rivulet::bench {
namespace {

constexpr size_t kLargeTopic = 1000;

server::Settings default_settings() {
  const auto no_environment = [](const std::string& /*name*/) {
    return std::optional<std::string>();
  };
  return daemon::read_options({}, no_environment).settings;
}

// Twelve characters, no two alike, in no order.
std::string scattered_id(size_t index) {
  constexpr uint64_t kOdd = 0x9E3779B97F4A7C15U;
  constexpr uint64_t kTwelveDigits = (uint64_t{1} << 48U) - 1;
  return fmt::format("{:012x}", (index * kOdd) & kTwelveDigits);
}

std::vector<std::string> topics_of(size_t index, size_t streams) {
  const size_t large = std::max<size_t>(streams / kLargeTopic, 1);
  const size_t small = std::max<size_t>(streams / Crowd::kSmallTopic, 1);
  return {Crowd::topic_of_all(), Crowd::small_topic(index % small),
          fmt::format("large-{}", index % large)};
}

}  // namespace

Crowd::Crowd(CrowdPlan plan)
    : plan_(plan),
      log_(stderr, base::LogLevel::kError),
      settings_(default_settings()),
      numbers_(plan.streams),
      order_(plan.streams),
      streams_(plan.streams),
      context_(settings_, log_) {
  std::iota(numbers_.begin(), numbers_.end(), 0);
  order_ = numbers_;
  if (plan.scattered) {
    shuffle(numbers_);
    shuffle(order_);
  }
  wanted_.reserve(plan.streams);
  for (size_t i = 0; i < plan.streams; ++i) {
    wanted_.push_back({.id = scattered_id(i)});
    if (plan.topics) wanted_.back().topics = topics_of(i, plan.streams);
  }
  server::append_stream_head(head_, sse::Framing::kChunked, false, "",
                             "Thu, 01 Jan 1970 00:00:00 GMT");
}

Crowd::~Crowd() = default;

std::string Crowd::small_topic(size_t number) {
  return fmt::format("small-{}", number);
}

size_t Crowd::small_topics() const {
  return std::max<size_t>(plan_.streams / kSmallTopic, 1);
}

void Crowd::shuffle(std::vector<size_t>& order) {
  for (size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[random_.below(i)]);
  }
}

void Crowd::connect() {
  for (const size_t i : numbers_) {
    const int number = static_cast<int>(i);
    auto stream = server::Stream::make(
        context_, os::Socket(os::UniqueFd(number)), 0, sse::Framing::kChunked);
    streams_[i] = stream.get();
    if (!context_.reactor.watch(number, std::move(stream))) std::abort();
  }
  for (size_t i = 0; i < streams_.size(); ++i) {
    streams_[order_[i]]->start(wanted_[i], head_);
    if (i % kATurn == 0) context_.reactor.settle();
  }
  context_.reactor.settle();
}

// They end as streams whose clients are gone.
void Crowd::disconnect() {
  if (plan_.scattered) shuffle(order_);
  for (size_t i = 0; i < streams_.size(); ++i) {
    streams_[order_[i]]->evict();
    if (i % kATurn == 0) context_.reactor.settle();
  }
  context_.reactor.settle();
}

size_t Crowd::publish(const hub::Target& target) {
  return context_.publish(target, {.name = {}, .data = "status: ping"})
      .receivers;
}

void Crowd::write_out(size_t receivers) {
  const uint64_t all = writes() + receivers;
  while (writes() < all) context_.reactor.settle();
}

}  // namespace rivulet::bench

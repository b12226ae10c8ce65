// What a schedule draws before it begins: how the server is set up, and how
// many come to it.
#include <fmt/format.h>

#include <string>

#include "daemon/options.h"
#include "schedule.h"

namespace rivulet::sim {

void Schedule::draw_settings() {
  Rules rules = draw_options();
  crowded_ = random_.chance(0.002);
  rules.congested = random_.chance(0.2);
  draw_history(rules);
  draw_limits(rules);
  ids_ = make_client_ids(random_, random_.of_any_size(1, 40));
  roster_.emplace(rules, ids_);
  // In a crowd every publisher would have to wait, and no order be known.
  constexpr size_t kNoLimit = size_t{1} << 40;
  settings_.deliveries_a_turn =
      rules.congested ? random_.of_any_size(0, 100) : kNoLimit;
  settings_.deliveries_ahead =
      rules.congested ? random_.of_any_size(0, 1000) : kNoLimit;
  requests_.emplace(
      random_.fork(),
      RequestLimits{settings_.max_event_bytes, settings_.request.target_bytes,
                    rules.congested},
      ids_);
  world_.emplace(Surroundings{kernel_, *roster_, journal_, *requests_});
}

// As an operator would set them: through the table of options.
Rules Schedule::draw_options() {
  const auto draw = [this](size_t least, size_t most) {
    return milliseconds(random_.of_any_size(least, most));
  };
  Rules rules;
  rules.heartbeat = draw(100, 15'000);
  rules.header_timeout = draw(1'000, 10'000);
  rules.keepalive_timeout = draw(1'000, 75'000);
  rules.write_timeout = draw(1'000, 30'000);
  rules.drain_timeout = draw(0, 10'000);
  rules.queue_bytes = random_.of_any_size(4'096, 262'144);
  const size_t event_bytes = random_.of_any_size(100, 65'536);
  const auto ms = [](base::Duration time) {
    return fmt::format("{}ms", time.count());
  };
  settings_ = daemon::read_options(
                  {"--heartbeat", ms(rules.heartbeat),                  //
                   "--header-timeout", ms(rules.header_timeout),        //
                   "--keepalive-timeout", ms(rules.keepalive_timeout),  //
                   "--write-timeout", ms(rules.write_timeout),          //
                   "--drain-timeout", ms(rules.drain_timeout),          //
                   "--max-event-bytes", std::to_string(event_bytes),    //
                   "--queue-bytes", std::to_string(rules.queue_bytes)},
                  [](const std::string&) { return std::nullopt; })
                  .settings;
  rules.retry = settings_.retry;
  return rules;
}

// One that forgets nothing when the order of the events is not known.
void Schedule::draw_history(Rules& rules) {
  constexpr size_t kMost = size_t{16} * 1024 * 1024;
  settings_.history = {};
  // In a congested crowd only ids can tell the order.
  if (random_.chance(0.7) || (crowded_ && rules.congested)) {
    settings_.history = {.events = random_.of_any_size(1, 500), .bytes = kMost};
    if (random_.chance(0.4)) {
      settings_.history.bytes = random_.of_any_size(100, 262'144);
    }
    if (rules.congested) settings_.history = {kMost, kMost * 16};
  }
  settings_.epoch = random_.next() >> random_.below(64);
  rules.history = {settings_.history.events, settings_.history.bytes,
                   fmt::format("{:x}", settings_.epoch)};
}

// Among them smaller ones than an operator may set.
void Schedule::draw_limits(Rules& rules) {
  constexpr size_t kMost = 30;
  const auto limit = [this](size_t most) {
    return random_.chance(0.6) ? 0 : random_.of_any_size(1, most);
  };
  settings_.max_streams = rules.max_streams = limit(kMost);
  settings_.max_streams_per_address = rules.max_streams_per_address =
      limit(kMost / 2);
  settings_.max_streams_per_id = rules.max_streams_per_id = limit(kMost / 6);
  if (random_.chance(0.5)) {
    settings_.memory_limit = random_.of_any_size(16'384, 4'194'304);
  }
  rules.memory_limit = settings_.memory_limit;
}

void Schedule::draw_crowd() {
  constexpr size_t kFew = 40;
  constexpr size_t kMany = 2'000;
  to_spawn_ =
      crowded_ ? random_.between(kFew, kMany) : random_.of_any_size(1, kFew);
  const bool patient = random_.chance(0.05);
  busy_until_ =
      kernel_.now() + milliseconds(patient ? random_.between(5'000, 100'000)
                                           : random_.of_any_size(20, 2'000));
  abrupt_ = random_.chance(0.2);
  twice_ = random_.chance(0.05);
  faults_ = Faults::drawn_from(random_);
  if (random_.chance(0.1)) {
    kernel_.descriptor_limit = 4 + random_.of_any_size(1, to_spawn_);
  }
  if (random_.chance(0.1)) kernel_.backlog = random_.of_any_size(1, kFew);
}

}  // namespace rivulet::sim

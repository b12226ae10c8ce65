#include "daemon/reload.h"

#include <exception>
#include <utility>

#include "base/text.h"
#include "daemon/config_file.h"

namespace rivulet::daemon {
namespace {

bool same(const std::optional<Source>& one,
          const std::optional<Source>& other) {
  if (!one || !other) return one.has_value() == other.has_value();
  return one->value == other->value;
}

std::string joined(const std::vector<std::string_view>& names) {
  std::string text;
  for (const std::string_view name : names) {
    if (!text.empty()) text += ' ';
    text += name;
  }
  return text;
}

}  // namespace

Difference difference(const Sources& running, const Sources& fresh) {
  Difference found;
  for (const Row& row : option_rows()) {
    const size_t index = index_of(row);
    if (same(running[index], fresh[index])) continue;
    const bool fixed = row.reload == Reload::kFixed;
    (fixed ? found.fixed : found.changed).push_back(row.name);
  }
  return found;
}

void limit_streams(server::Settings& settings, uint64_t descriptors) {
  // Listeners, signals, epoll, Redis, publishers, and those who watch.
  constexpr uint64_t kForOtherThings = 64;
  static_assert(kForOtherThings > server::Stats::kMostWatchers);
  if (settings.max_streams == 0 && descriptors > kForOtherThings) {
    settings.max_streams = descriptors - kForOtherThings;
  }
}

Reloader::Reloader(std::vector<std::string> arguments, Environment environment,
                   Sources running, uint64_t descriptors, base::Log& log)
    : arguments_(std::move(arguments)),
      environment_(std::move(environment)),
      running_(std::move(running)),
      descriptors_(descriptors),
      log_(log) {}

void Reloader::reload(server::Server& server) noexcept {
  try {
    take(read_options(arguments_, environment_, reread_config_file), server);
  } catch (const std::exception& error) {  // OptionError, or out of memory
    server.reload_failed();
    std::string_view problems = error.what();
    while (!problems.empty()) {  // a line each, as at start
      log_.error("reload-failed",
                 {{"reason", base::take_until(problems, '\n')}});
    }
  }
}

// What may fail is done before the server takes anything.
void Reloader::take(Options fresh, server::Server& server) {
  limit_streams(fresh.settings, descriptors_);
  const Difference found = difference(running_, fresh.sources);
  const std::string changed = joined(found.changed);
  server.reload(fresh.settings);

  log_.adjust(fresh.log_level, fresh.log_format);
  for (const std::string_view name : found.fixed) {
    log_.warning("not-reloaded",
                 {{"option", name}, {"reason", "cannot change until restart"}});
    const size_t index = index_of(*find_row(name));
    fresh.sources[index].swap(running_[index]);
  }
  for (const std::string& warning : fresh.warnings) {
    log_.warning("unwise-option", {{"reason", warning}});
  }
  log_.info("reloaded",
            {{"changed", changed},
             {"publish-tokens", fresh.settings.publish_tokens.size()},
             {"subscribe-keys", fresh.settings.subscribe_keys.size()}});
  running_ = std::move(fresh.sources);
}

}  // namespace rivulet::daemon

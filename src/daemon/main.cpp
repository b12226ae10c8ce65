// rivulet: reads the options, starts the server, and turns what goes wrong at
// start into one line and an exit code (sysexits.h).
#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/state.h"
#include "base/text.h"
#include "daemon/arguments.h"
#include "daemon/health_check.h"
#include "daemon/manual.h"
#include "daemon/option_texts.h"
#include "daemon/options.h"
#include "daemon/reload.h"
#include "daemon/version.h"
#include "os/inherited.h"
#include "os/memory_file.h"
#include "os/process.h"
#include "os/program.h"
#include "os/service_manager.h"
#include "server/server.h"
#include "server/upgrade.h"

namespace rivulet::daemon {
namespace {

constexpr int kExitUsage = 64;
constexpr int kExitAddress = 69;
constexpr int kExitInternal = 70;
constexpr int kExitConfig = 78;

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

uint64_t milliseconds_since_1970() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(since_1970)
          .count());
}

uint64_t random_word() {
  constexpr unsigned kHalf = 32;
  std::random_device device;
  return uint64_t{device()} << kHalf | device();
}

// What is decided at start and is no option: how many descriptors there are for
// streams, the epoch of event ids, and what is random.
server::Settings complete(server::Settings settings, uint64_t descriptors) {
  limit_streams(settings, descriptors);
  settings.epoch = milliseconds_since_1970();
  settings.version = kVersion;
  settings.seed = random_word();
  settings.hash_key = {random_word(), random_word()};
  settings.instance = fmt::format("{:016x}", random_word());
  return settings;
}

// How this process was started.
struct Start {
  std::vector<std::string> arguments;  // with all that is secret
  os::Program program;                 // with what may be seen of them
};

// Until a signal ends it, or another binary takes the place of this one.
void serve_until_over(server::Server& server, const Start& start,
                      Options& options, uint64_t descriptors, base::Log& log) {
  server.plan_upgrade(start.program, start.arguments);
  Reloader reloader(start.arguments, environment, std::move(options.sources),
                    descriptors, log);
  while (server.run() == server::Server::Pause::kReload) {
    reloader.reload(server);
  }
}

int serve(const Start& start, Options options) {
  base::Log log(stderr, options.log_level, options.log_format);
  const uint64_t descriptors = os::raise_descriptor_limit();
  const server::Settings settings = complete(options.settings, descriptors);
  log.debug("started",
            {{"version", kVersion}, {"descriptor-limit", descriptors}});
  for (const std::string& warning : options.warnings) {
    log.warning("unwise-option", {{"reason", warning}});
  }
  try {
    server::Server server(settings, log, os::ServiceManager::from_environment(),
                          os::take_inherited_sockets());
    serve_until_over(server, start, options, descriptors, log);
    return EXIT_SUCCESS;
  } catch (const std::system_error& error) {
    log.error("cannot-start", {{"reason", error.what()}});
    return error.code().value() == EADDRINUSE ? kExitAddress : kExitInternal;
  }
}

// In the place of another binary (server/upgrade.h), or, with --check-state,
// beside it: then all is done but what anybody could notice.
int go_on(Start start, std::unique_ptr<os::GivenBytes> given) {
  const bool check =
      start.arguments == std::vector<std::string>{server::Upgrade::kCheckState};
  base::State state(given->bytes());
  server::Handover handover;
  handover.carry(state);
  os::InheritedDescriptors inherited;
  using Kind = os::InheritedDescriptors::Kind;
  if (!inherited.claim(handover.descriptors,
                       check ? Kind::kStandIns : Kind::kOurs)) {
    throw base::StateError("the descriptors of the state are not there");
  }
  start.arguments = handover.arguments;
  Options options = read_options(start.arguments, environment);
  base::Log log(stderr, check ? base::LogLevel::kError : options.log_level,
                options.log_format);
  const uint64_t descriptors = os::raise_descriptor_limit();
  server::Settings settings = complete(options.settings, descriptors);
  settings.epoch = handover.epoch;
  settings.instance = handover.instance;
  settings.hash_key = handover.hash_key;
  server::Server server(settings, log, handover, state, inherited);
  if (check) {
    fmt::print("{}", server::Upgrade::answer(given->bytes()));
    std::fflush(stdout);
    std::_Exit(EXIT_SUCCESS);  // what stands in for others' is not to be ended
  }
  given.reset();
  server.take_over(handover, os::ServiceManager::from_environment());
  serve_until_over(server, start, options, descriptors, log);
  return EXIT_SUCCESS;
}

int tell_health(const Options& options) {
  const server::Settings& settings = options.settings;
  const auto& addresses =
      settings.admin_listen.empty() ? settings.listen : settings.admin_listen;
  const std::string problem = check_health(addresses.front());
  if (problem.empty()) return EXIT_SUCCESS;
  fmt::print(stderr, "rivulet: {}\n", problem);
  return EXIT_FAILURE;
}

int perform(const Start& start, Options options) {
  switch (options.task) {
    case Task::kHelp:
      fmt::print("{}", help_text());
      return EXIT_SUCCESS;
    case Task::kManual:
      fmt::print("{}", manual_text());
      return EXIT_SUCCESS;
    case Task::kVersion:
      fmt::print("rivulet {}\n", kVersion);
      return EXIT_SUCCESS;
    case Task::kCheckConfig:
      fmt::print("ok\n");
      return EXIT_SUCCESS;
    case Task::kPrintConfig:
      fmt::print("{}", config_text(options));
      return EXIT_SUCCESS;
    case Task::kDefaultConfig:
      fmt::print("{}", default_config_text());
      return EXIT_SUCCESS;
    case Task::kHealthCheck:
      return tell_health(options);
    case Task::kServe:
      break;
  }
  return serve(start, std::move(options));
}

void print_problems(std::string_view lines) {
  while (!lines.empty()) {
    fmt::print(stderr, "rivulet: {}\n", base::take_until(lines, '\n'));
  }
}

int run(int argc, char** argv) {
  try {
    Start start{.arguments = {argv + 1, argv + argc}, .program = {}};
    blot_out_secrets({argv + 1, argv + argc});
    start.program = {.path = os::find_program(argv[0]),
                     .arguments = {argv, argv + argc}};
    auto given = std::make_unique<os::GivenBytes>();
    if (given->given()) return go_on(std::move(start), std::move(given));
    return perform(start, read_options(start.arguments, environment));
  } catch (const UsageError& error) {
    print_problems(error.what());
    return kExitUsage;
  } catch (const OptionError& error) {
    print_problems(error.what());
    return kExitConfig;
  } catch (const std::exception& error) {
    print_problems(error.what());
    return kExitInternal;
  }
}

}  // namespace
}  // namespace rivulet::daemon

int main(int argc, char** argv) {
  return rivulet::daemon::run(argc, argv);
}

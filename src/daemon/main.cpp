// rivulet: reads the options, starts the server, and turns what goes wrong at
// start into one line and an exit code (sysexits.h).
#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/text.h"
#include "daemon/arguments.h"
#include "daemon/health_check.h"
#include "daemon/manual.h"
#include "daemon/option_texts.h"
#include "daemon/options.h"
#include "daemon/reload.h"
#include "daemon/version.h"
#include "os/process.h"
#include "os/service_manager.h"
#include "server/server.h"

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

// What the moment decides of the settings: how many descriptors there are for
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

int serve(const std::vector<std::string>& arguments, Options options) {
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
    Reloader reloader(arguments, environment, std::move(options.sources),
                      descriptors, log);
    while (server.run() == server::Server::Pause::kReload) {
      reloader.reload(server);
    }
    return EXIT_SUCCESS;
  } catch (const std::system_error& error) {
    log.error("cannot-start", {{"reason", error.what()}});
    return error.code().value() == EADDRINUSE ? kExitAddress : kExitInternal;
  }
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

int perform(const std::vector<std::string>& arguments, Options options) {
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
  return serve(arguments, std::move(options));
}

void print_problems(std::string_view lines) {
  while (!lines.empty()) {
    fmt::print(stderr, "rivulet: {}\n", base::take_until(lines, '\n'));
  }
}

int run(int argc, char** argv) {
  try {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    blot_out_secrets({argv + 1, argv + argc});
    return perform(arguments, read_options(arguments, environment));
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

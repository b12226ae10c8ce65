#include "server/context.h"

#include <fmt/format.h>

#include <algorithm>

namespace rivulet::server {

std::string Context::later_retry() {
  // From twice to six times the usual: a crowd of those who come back spreads
  // over several times the usual wait.
  const auto usual = static_cast<uint64_t>(
      std::max<base::Duration::rep>(settings.retry.count(), 100));
  return fmt::format("retry: {}\n", 2 * usual + random.below(4 * usual + 1));
}

}  // namespace rivulet::server

// `--healthcheck`: asks the server that runs with the same options whether it
// lives, for Docker's HEALTHCHECK and for scripts without curl.
#pragma once

#include <string>

#include "base/clock.h"

namespace rivulet::daemon {

// GET /livez at the address `listen`; a wildcard stands for loopback. Empty
// when the answer is 200 within `patience`, and one line that says why
// otherwise.
[[nodiscard]] std::string check_health(
    const std::string& listen, base::Duration patience = base::Duration(3'000));

}  // namespace rivulet::daemon

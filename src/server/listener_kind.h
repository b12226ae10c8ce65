// What a listener is for: which routes are served on the connections that it
// accepts (router.h).
#pragma once

#include <cstdint>

namespace rivulet::server {

enum class ListenerKind : uint8_t {
  kOnly,    // there is no admin listener: every route
  kPublic,  // for strangers, beside an admin listener: the page and streams
  kAdmin,   // for publishers, operators and probes: every route
};

}  // namespace rivulet::server

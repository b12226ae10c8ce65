// The one place that knows the version.
#pragma once

#include <string_view>

namespace rivulet::daemon {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace rivulet::daemon

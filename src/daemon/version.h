// The one place that knows the version, and when it was made.
#pragma once

#include <string_view>

namespace rivulet::daemon {

inline constexpr std::string_view kVersion = "1.0.0";
inline constexpr std::string_view kVersionDate = "November 28, 2026";

}  // namespace rivulet::daemon

// What a browser keeps for us and sends along (RFC 6265 §4.2): name=value pairs
// between "; ", in one field or several.
#pragma once

#include <optional>
#include <string_view>

#include "http/request.h"

namespace rivulet::http {

// The value of the first cookie of that name, without the quotes that may be
// around it. A view into the request.
[[nodiscard]] std::optional<std::string_view> cookie_value(
    const Request& request, std::string_view name);

}  // namespace rivulet::http

// The query of a request target, as browsers and forms write it (URL standard,
// §5.1): name=value pairs between '&', percent-encoded, '+' for a space.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rivulet::http {

// The decoded values of every pair whose name is written like that, in order:
// names are not decoded. Nothing when one of the values is not percent-encoded
// as it should be. Other pairs are not looked at.
[[nodiscard]] std::optional<std::vector<std::string>> query_values(
    std::string_view query, std::string_view name);

}  // namespace rivulet::http

// The value of `allow-origin`: which sites' pages may read streams, and which
// of them may publish.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rivulet::server {

// Reads "*", for pages of any origin: nothing; or a list of origins between
// commas or blanks. Each must be written as browsers write it (RFC 6454 §6.2):
// "https://example.com", "http://[::1]:8080". Throws std::invalid_argument for
// one that no browser would ever send, and for an empty list.
[[nodiscard]] std::vector<std::string> parse_origins(std::string_view text);

}  // namespace rivulet::server

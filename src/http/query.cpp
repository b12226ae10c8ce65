#include "http/query.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace rivulet::http {

std::optional<std::vector<std::string>> query_values(std::string_view query,
                                                     std::string_view name) {
  std::vector<std::string> values;
  while (!query.empty()) {
    std::string_view pair = base::take_until(query, '&');
    if (base::take_until(pair, '=') != name) continue;
    std::string encoded(pair);
    std::ranges::replace(encoded, '+', ' ');
    auto value = base::percent_decode(encoded);
    if (!value) return std::nullopt;
    values.push_back(std::move(*value));
  }
  return values;
}

}  // namespace rivulet::http

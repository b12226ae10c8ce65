#include "http/cookie.h"

#include "base/text.h"

namespace rivulet::http {
namespace {

std::string_view without_quotes(std::string_view value) {
  if (value.size() < 2 || !value.starts_with('"') || !value.ends_with('"')) {
    return value;
  }
  return value.substr(1, value.size() - 2);
}

}  // namespace

std::optional<std::string_view> cookie_value(const Request& request,
                                             std::string_view name) {
  std::optional<std::string_view> found;
  request.for_each_header("cookie", [&](std::string_view rest) {
    while (!rest.empty() && !found) {
      std::string_view value = base::take_until(rest, ';');
      if (base::trim(base::take_until(value, '=')) != name) continue;
      found = without_quotes(base::trim(value));
    }
  });
  return found;
}

}  // namespace rivulet::http

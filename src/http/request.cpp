#include "http/request.h"

#include "base/text.h"

namespace rivulet::http {

std::optional<std::string_view> Request::header(std::string_view name) const {
  for (const Field& field : fields_) {
    if (named(field, name)) return view(field.value);
  }
  return std::nullopt;
}

bool Request::named(const Field& field, std::string_view name) const {
  return base::equals_ignoring_case(view(field.name), name);
}

}  // namespace rivulet::http

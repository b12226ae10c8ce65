#include "server/gap.h"

#include "base/text.h"

namespace rivulet::server {

std::string gap_data(std::string_view after, std::string_view before) {
  std::string data = R"({"after":)";
  base::append_json_string(data, after);
  data += R"(,"before":)";
  base::append_json_string(data, before);
  data += '}';
  return data;
}

}  // namespace rivulet::server

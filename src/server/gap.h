// What a client is told of events that it will never see: the data of an event
// named "gap".
#pragma once

#include <string>
#include <string_view>

namespace rivulet::server {

// JSON: the ids of the last event that it knows, and of the first that is held.
// Either may be empty, when it has none.
[[nodiscard]] std::string gap_data(std::string_view after,
                                   std::string_view before);

}  // namespace rivulet::server
